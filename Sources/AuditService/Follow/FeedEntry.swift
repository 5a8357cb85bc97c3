import AuditModel
import Codec
import EventStore
import Subscribe

/// Where a subscription begins.
struct FeedEntry: Hashable, Sendable {
    /// In the log: what lies there or before it is not sent.
    var place: Sequence
    /// The same as its reader sees it.
    var sequence: Sequence
    /// The newest and the oldest sequence, as its reader sees them.
    var head: Sequence
    var oldest: Sequence
}

/// Where one begins that asked for a time.
struct FeedStart: Hashable, Sendable {
    /// In the log: what lies there or before it was recorded before.
    var place: Sequence
    /// The same as its reader sees it.
    var sequence: Sequence
}

/// What a reader sees around places of the log that are gone.
struct FeedBorder: Hashable, Sendable {
    /// The sequence of his last event before them; nil when it is not known, or gone.
    var before: Sequence?
    /// That of the first behind them, or of the next that is stored.
    var next: Sequence
}

extension Feed {
    /// Where a subscription begins, as far as that is known without a look at the disk; nil when it must be looked
    /// for. Throws `outOfRange` for a start above the head.
    func knownEntry(
        of organization: [UInt8]?, at start: SubscribeRequest.Start
    ) throws(ServiceError) -> FeedEntry? {
        // First: what is known of the organization then is not older.
        let stored = stored(of: organization, after: .zero)
        guard let organization else {
            let head = max(stored.head, head)
            let place = try place(of: start, stored, nil, within: head)
            return FeedEntry(place: place, sequence: place, head: head, oldest: stored.oldest)
        }
        guard let newest = sequences.knownNewest(of: organization),
            let oldest = sequences.knownOldest(of: organization, from: stored.oldest)
        else { return nil }
        var entry = FeedEntry(
            place: stored.oldest.previous, sequence: oldest.previous, head: newest.sequence,
            oldest: oldest)
        switch start {
        case .oldest: break
        case .since: return nil
        case .now:
            entry.place = stored.head
            let sequence = newestPublished(newest, of: organization, through: stored.head)
            guard let sequence else { return nil }
            entry.sequence = sequence
        case .after(let sequence):
            entry.sequence = sequence
            // One that is above it may be known from the disk.
            if sequence > newest.sequence { return nil }
            if sequence == newest.sequence, newest.place <= stored.head {
                entry.place = stored.head
            } else if let found = lastInRing(
                of: organization, through: stored.head, where: { $0 <= sequence }),
                found.sequence == sequence
            {
                entry.place = found.place
            } else {
                return nil
            }
        }
        return entry
    }

    /// The newest sequence of an organization up to a place, which is the head of the ring; nil when it must be
    /// looked for.
    private func newestPublished(
        _ newest: SequenceBook.Newest, of organization: [UInt8], through place: Sequence
    ) -> Sequence? {
        if newest.place <= place { return newest.sequence }
        return lastInRing(of: organization, through: place, where: { _ in true })?.sequence
    }

    /// Likewise with a look at the disk, on the reading thread; `done` is called there, unless the wait is
    /// cancelled before.
    func findEntry(
        of organization: [UInt8], at start: SubscribeRequest.Start,
        done: @escaping @Sendable (Result<FeedEntry, ServiceError>) -> Void
    ) -> FeedWait<Result<FeedEntry, ServiceError>> {
        look(
            { feed throws(ServiceError) in try feed.entry(of: organization, at: start) }, done: done
        )
    }

    private func entry(
        of organization: [UInt8], at start: SubscribeRequest.Start
    ) throws(ServiceError) -> FeedEntry {
        let stored = stored(of: organization, after: .zero)
        let reader = reader(of: organization)
        let newest = try reader.newest()
        let oldest = try reader.oldest(from: stored.oldest)
        var entry = FeedEntry(
            place: try place(of: start, stored, organization, within: newest),
            sequence: oldest.previous, head: newest, oldest: oldest)
        switch start {
        case .oldest: break
        case .since: entry.sequence = try reader.sequence(through: entry.place)
        case .now: entry.sequence = try reader.sequence(through: stored.head)
        case .after(let sequence):
            entry.sequence = sequence
            let next = try reader.event(from: sequence)
            if let next, next.sequence == sequence {
                entry.place = next.place
            } else {
                // What lay between the two, if anything did, is found missing on the way.
                entry.place =
                    try reader.last(through: next?.place.previous ?? stored.head) ?? .zero
            }
        }
        return entry
    }

    /// Of a start that is none by sequence; of those only that it is not above the head.
    private func place(
        of start: SubscribeRequest.Start, _ stored: FollowMachine.Stored,
        _ organization: [UInt8]?, within head: Sequence
    ) throws(ServiceError) -> Sequence {
        switch start {
        case .now: return stored.head
        case .oldest: return stored.oldest.previous
        case .since(let time): return earliestStart(of: organization, since: time)
        case .after(let sequence):
            guard sequence <= head else {
                throw ServiceError(
                    .outOfRange, "after_sequence \(sequence) is above the newest, \(head)")
            }
            return sequence
        }
    }
}
