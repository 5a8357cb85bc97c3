package import AuditModel

/// Where one subscription stands and what it does next: disk, ring or wait, and what it tells its
/// client.
///
/// A value that is told what happened; it reads nothing itself. Its sequences are places in the log. Its position only
/// ever grows, and every sequence is passed exactly once: by events, or by a gap that is said, also where a store that
/// was restored from a snapshot has passed over sequences. That is the CompleteFeed guarantee.
package struct FollowMachine: Hashable, Sendable {
    /// What to do about events that cannot be sent any more.
    package enum OnGap: Hashable, Sendable {
        case fail
        case goOn
    }

    /// What the client is told beside the events.
    package enum Notice: Hashable, Sendable {
        case progress(Sequence)
        case caughtUp(Sequence)
        case fellBehind(Sequence)
        case gap(SequenceRange, GapReason)
    }

    /// Why events cannot be sent any more.
    package enum GapReason: Hashable, Sendable {
        case retention
        case damage
        /// The store was restored from a snapshot: what was stored under these sequences after it is not
        /// here.
        case restoration
    }

    package enum Step: Hashable, Sendable {
        case say(Notice)
        /// Read the ring from there, then call `passed`.
        case readRing(from: Sequence)
        /// Read the disk from there, then call `passed`.
        case readDisk(from: Sequence)
        /// Nothing to do until something is stored behind this sequence.
        case wait(after: Sequence)
        /// These cannot be sent, and the client wants to fail then.
        case fail(SequenceRange, GapReason)
    }

    /// What is stored at the moment of the question.
    package struct Stored: Hashable, Sendable {
        /// The oldest sequence kept; `head.next` when nothing is.
        package var oldest: Sequence
        /// The newest sequence on stable storage.
        package var head: Sequence
        /// The oldest sequence in the ring; nil when the ring is empty.
        package var ringFirst: Sequence?
        /// The first range of skipped sequences that does not end before the position; nil when there is
        /// none. Its end is not above the head.
        package var skipped: SequenceRange?

        package init(
            oldest: Sequence, head: Sequence, ringFirst: Sequence?, skipped: SequenceRange? = nil
        ) {
            self.oldest = oldest
            self.head = head
            self.ringFirst = ringFirst
            self.skipped = skipped
        }
    }

    /// Everything up to it has been sent, skipped by the filter, or said to be gone.
    package private(set) var position: Sequence
    private let onGap: OnGap
    private var mode = Mode.catchingUp

    private enum Mode: Hashable {
        case catchingUp
        case live
    }

    package init(after position: Sequence, onGap: OnGap) {
        self.position = position
        self.onGap = onGap
    }

    /// The next thing to do. Asking again without doing it gives the same read or wait; a notice is
    /// given once.
    package mutating func next(_ stored: Stored) -> Step {
        let wanted = position.next
        if let skipped = stored.skipped, skipped.first <= wanted, wanted <= skipped.last {
            return missing(SequenceRange(first: wanted, last: skipped.last), .restoration)
        }
        if wanted < stored.oldest {
            var last = stored.oldest.previous
            if let skipped = stored.skipped, skipped.first > wanted {
                last = min(last, skipped.first.previous)
            }
            return missing(SequenceRange(first: wanted, last: last), .retention)
        }
        if wanted > stored.head {
            guard mode == .catchingUp else { return .wait(after: position) }
            mode = .live
            return .say(.caughtUp(position))
        }
        if let ringFirst = stored.ringFirst, ringFirst <= wanted {
            return .readRing(from: wanted)
        }
        if mode == .live {
            mode = .catchingUp
            return .say(.fellBehind(position))
        }
        return .readDisk(from: wanted)
    }

    /// Everything through `sequence` was read, and what matched of it went out.
    package mutating func passed(through sequence: Sequence) {
        precondition(sequence >= position, "a feed never goes back")
        position = sequence
    }

    /// The read from the position on found that these are gone.
    package mutating func foundGone(through last: Sequence, _ reason: GapReason) -> Step {
        missing(SequenceRange(first: position.next, last: max(last, position.next)), reason)
    }

    private mutating func missing(_ gone: SequenceRange, _ reason: GapReason) -> Step {
        guard onGap == .goOn else { return .fail(gone, reason) }
        position = gone.last
        return .say(.gap(gone, reason))
    }

    /// What the position tells a client whose filter matched nothing for a while.
    package var progress: Notice { .progress(position) }
}
