package import AuditModel
internal import Synchronization

extension EventStore {
    /// The first readable event that was recorded at `time` or later; `head.next` when there is
    /// none.
    package func firstSequence(recordedSince time: Timestamp) throws(StoreError) -> Sequence {
        let (oldest, head) = readable
        guard let found = firstEvent(recordedSince: time) else { return head.next }
        return max(oldest, found.sequence)
    }

    /// A sequence that no readable event recorded at `time` or later is before, told from what is in
    /// memory: the start of a log or segment at the most before `firstSequence`.
    package func earliestSequence(recordedSince time: Timestamp) -> Sequence {
        let (oldest, head) = readable
        guard let part = parts.recorded(since: time).first else { return head.next }
        return max(oldest, part.firstSequence)
    }

    /// When the event was recorded, or the oldest readable one behind it; nil when there is none or it
    /// cannot be read.
    package func recordedAt(_ sequence: Sequence) -> Timestamp? {
        var cursor = cursor(from: sequence, .forward)
        return (try? cursor.next())?.recordedAt
    }

    /// The first event on disk that was recorded at `time` or later, and when.
    ///
    /// Events that cannot be read count as recorded later unless one behind them was recorded
    /// before: they are neither skipped in silence nor hidden before their time.
    func firstEvent(recordedSince time: Timestamp) -> (sequence: Sequence, recordedAt: Timestamp)? {
        for part in parts.recorded(since: time) {
            let found =
                switch part {
                case .log(let log): firstEvent(recordedSince: time, in: log)
                case .sealed(let segment): firstEvent(recordedSince: time, in: segment)
                }
            if let found { return found }
        }
        return nil
    }

    private func firstEvent(
        recordedSince time: Timestamp, in log: LogFile
    ) -> (sequence: Sequence, recordedAt: Timestamp)? {
        var reader = BlockReader()
        var unreadable: Sequence?
        var block = log.block(recordedSince: time)
        while let current = block {
            reader.load(current, of: log)
            for slot in reader.slots {
                guard let header = slot.header else {
                    unreadable = unreadable ?? slot.sequences.first
                    continue
                }
                guard header.recordedAt < time else {
                    return (unreadable ?? header.firstSequence, header.recordedAt)
                }
                unreadable = nil
            }
            block = log.block(holding: current.lastSequence.next)
        }
        return unreadable.map { ($0, time) }
    }

    private func firstEvent(
        recordedSince time: Timestamp, in segment: Segment
    ) -> (sequence: Sequence, recordedAt: Timestamp)? {
        let row: Row?
        do throws(StoreError) {
            row = try segment.firstRow(recordedSince: time)
        } catch {
            return (segment.bounds.sequences.first, time)
        }
        guard let row else { return nil }
        let block = try? segment.block(holding: row)
        let recordedAt = block.flatMap { block in
            block.index(of: row).map { block.withEvent(at: $0, \.recordedAt) }
        }
        return (segment.sequence(of: row), recordedAt ?? time)
    }
}
