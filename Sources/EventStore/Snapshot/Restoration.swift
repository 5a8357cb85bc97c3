package import AuditModel

/// How a restored store goes on: which sequences it passes over, so that none is given out twice.
///
/// The store that the snapshot was taken of may have gone on to answer events, and so may stores that
/// were restored from this snapshot or from others, in any order. None of them knows of the others, so the
/// wall clock decides: each restored store begins at `clockSequence` of its first start, and none stores more
/// than two events a microsecond, so that no sequence that was ever given out is above `clockSequence` of
/// now. (Of two restored stores that both live on, the earlier may come to the later's numbers: they are two
/// logs.) A clock that must be wrong is not asked; then the distance is fixed.
package struct Restoration: Hashable, Sendable {
    /// When the snapshot was taken, and its newest sequence.
    package var createdAt: Timestamp
    package var head: Sequence
    /// What no event of this store will ever have.
    package var skipped: SequenceRange
    /// The wall clock is behind the snapshot, or behind what was given out: it is wrong, or was once, and only
    /// the fixed distance protects.
    package var clockIsWrong: Bool

    package var next: Sequence { skipped.last.next }
}

extension Restoration {
    /// The sequence that no store gives out before `time`.
    static func clockSequence(at time: Timestamp) -> Sequence {
        let (nanoseconds, overflow) = time.nanosecondsSinceEpoch.subtractingReportingOverflow(
            Limits.clockSequenceEpoch)
        guard !overflow, nanoseconds > 0 else { return .zero }
        return Sequence(UInt64(nanoseconds) / 1000 * Limits.sequencesPerMicrosecond)
    }

    /// Whether the clock can be right.
    static func isTrusted(_ now: Timestamp, head: Sequence, createdAt: Timestamp) -> Bool {
        now >= createdAt && clockSequence(at: now) > head
    }

    /// The first sequence of a store that is restored now: one behind a multiple of
    /// `Limits.restoredSequenceGrain`.
    static func next(behind head: Sequence, createdAt: Timestamp, at now: Timestamp) -> Sequence {
        let least =
            isTrusted(now, head: head, createdAt: createdAt)
            ? clockSequence(at: now)
            : max(head, clockSequence(at: createdAt)) + Limits.restoredSkip
        let grain = Limits.restoredSequenceGrain
        return Sequence((least.rawValue + grain - 1) / grain * grain + 1)
    }

    /// What the start of a snapshot does to the files that were found in it.
    ///
    /// Throws `snapshotRefused` when they are not those that the snapshot was made of.
    ///
    /// - Parameters:
    ///   - parts: as recovery found them; the last one is a log.
    ///   - directory: for the message.
    ///   - now: of the wall clock.
    init(
        _ marker: SnapshotMarker, of parts: [StorePart], in directory: String, at now: Timestamp
    ) throws(StoreError) {
        guard let content = marker.content else {
            throw SnapshotMarker.unfinished(directory)
        }
        guard let log = parts.last?.log,
            Restoration.wasBegun(in: log, content) || Restoration.isWhole(parts, content)
        else {
            let found = parts.last.map { "through sequence \($0.lastSequence)" } ?? "nothing"
            let events = parts.reduce(0) { $0 + $1.events }
            throw StoreError(
                .snapshotRefused,
                """
                \(directory) is not all of its snapshot, or more than that: it has \
                \(events) events \(found) and should have \(content.events) from \
                \(content.first) through \(content.head). Nothing was changed. Copy the snapshot \
                once more, into an empty folder
                """)
        }
        createdAt = marker.createdAt
        head = content.head
        clockIsWrong = !Restoration.isTrusted(now, head: head, createdAt: createdAt)
        // An empty log is not kept: what it would have begun with is passed over too.
        let first = log.isEmpty ? log.header.skipped?.first ?? log.header.firstSequence : head.next
        let next = max(
            Restoration.next(behind: head, createdAt: createdAt, at: now),
            log.isEmpty ? log.header.firstSequence : .zero)
        skipped = SequenceRange(first: first, last: next.previous)
    }

    /// Whether a start before has begun the next log, and did not come to removing the marker.
    private static func wasBegun(in log: LogFile, _ content: SnapshotMarker.Content) -> Bool {
        guard log.isEmpty, let skipped = log.header.skipped else { return false }
        return wasBegun(skipping: skipped, content)
    }

    /// Whether an empty log that skips those is such a one.
    static func wasBegun(
        skipping skipped: SequenceRange, _ content: SnapshotMarker.Content
    ) -> Bool {
        skipped.first <= content.head.next && content.head < skipped.last
    }

    private static func isWhole(
        _ parts: [StorePart], _ content: SnapshotMarker.Content
    ) -> Bool {
        parts.last?.lastSequence == content.head && parts.first?.firstSequence == content.first
            && parts.reduce(0) { $0 + $1.events } == content.events
    }
}
