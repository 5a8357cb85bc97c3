package import AuditModel
internal import Synchronization

/// An event and the batch that holds it.
package struct StoredEvent: Sendable {
    package var batch: EventBatch
    /// Of the event in the batch.
    package var index: Int

    package var sequence: Sequence { batch.firstSequence + index }
}

extension EventStore {
    /// What can be read now, as the last `hideExpired` or `expire` left it. Never touches the disk
    /// and waits for nothing that does: event loops may ask at each step.
    package var bounds: StoreBounds {
        published.withLock {
            StoreBounds(
                oldest: $0.retention.visibility.lowestFloor, head: $0.head,
                newestRecordedAt: $0.newestRecordedAt,
                bytes: $0.bytes)
        }
    }

    /// Likewise for one organization, whose retention may hide more; nil for all of them.
    package func bounds(of organization: [UInt8]?) -> StoreBounds {
        var bounds = self.bounds
        bounds.oldest = max(bounds.oldest, visibility.floor(of: organization))
        return bounds
    }

    /// The ends of what can be read: `bounds` for the cursors.
    var readable: (oldest: Sequence, head: Sequence) {
        published.withLock { ($0.retention.visibility.lowestFloor, $0.head) }
    }

    /// Which events retention shows now, as the last `hideExpired`, `expire` or `setRetention` left
    /// it.
    package var visibility: Visibility { published.withLock { $0.retention.visibility } }

    /// The file that holds a readable sequence.
    func log(holding sequence: Sequence) -> LogFile? {
        published.withLock { published in
            guard sequence >= published.retention.visibility.lowestFloor,
                sequence <= published.head
            else { return nil }
            let behind = published.logs.partitionIndex { $0.header.firstSequence > sequence }
            return behind == 0 ? nil : published.logs[behind - 1]
        }
    }

    /// Frames from the one that holds `sequence` on.
    package func cursor(from sequence: Sequence, _ direction: Cursor.Direction) -> Cursor {
        Cursor(self, from: sequence, direction)
    }

    /// The event with that sequence; nil when retention hides it or it is not stored yet. Throws
    /// `damaged`.
    package func read(_ sequence: Sequence) throws(StoreError) -> StoredEvent? {
        guard let event = try readHidden(sequence) else { return nil }
        let visibility = self.visibility
        return event.batch.withEvent(at: event.index) { visibility.shows($0) } ? event : nil
    }

    /// Likewise, whatever retention says of its organization.
    private func readHidden(_ sequence: Sequence) throws(StoreError) -> StoredEvent? {
        guard let log = log(holding: sequence) else { return nil }
        if let batch = cache.batch(holding: sequence) {
            return StoredEvent(batch, holding: sequence)
        }
        guard let block = log.block(holding: sequence) else { return nil }
        var reader = BlockReader()
        reader.load(block, of: log)
        guard let slot = reader.slots.first(where: { $0.sequences.last >= sequence }) else {
            preconditionFailure("the slots of a block hold each of its sequences")
        }
        let batch = try reader.batch(slot)
        cache.insert(batch)
        return StoredEvent(batch, holding: sequence)
    }

    /// The stored event with that id in that organization; nil when there is none or retention took
    /// it.
    ///
    /// Costs no read when the id is new. Throws `damaged` when the only events that could be it
    /// cannot be read.
    package func find(
        organization: UnsafeRawBufferPointer, id: EventID
    ) throws(StoreError) -> StoredEvent? {
        let hash = index.hash(organization: organization, id: id)
        var damage: StoreError?
        for sequence in index.candidates(hash, oldest: readable.oldest) {
            do {
                guard let event = try read(sequence) else { continue }
                let isSame = event.batch.withEvent(at: event.index) { view in
                    view.id == id && view.organization.elementsEqual(organization)
                }
                if isSame { return event }
            } catch {
                damage = error
            }
        }
        if let damage { throw damage }
        return nil
    }

    /// The first readable event that was recorded at `time` or later; `head.next` when there is
    /// none.
    package func firstSequence(recordedSince time: Timestamp) throws(StoreError) -> Sequence {
        let (oldest, head) = readable
        guard let found = firstFrame(recordedSince: time) else { return head.next }
        return max(oldest, found.sequence)
    }

    /// The first frame recorded at `time` or later.
    ///
    /// Frames that cannot be read count as recorded later unless one behind them was recorded
    /// before: they are neither skipped in silence nor hidden before their time.
    func firstFrame(recordedSince time: Timestamp) -> (sequence: Sequence, recordedAt: Timestamp)? {
        let logs = published.withLock { $0.logs }
        var reader = BlockReader()
        var unreadable: Sequence?
        for log in logs[logs.partitionIndex { $0.extent.newestRecordedAt >= time }...] {
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
        }
        return unreadable.map { ($0, time) }
    }
}

extension StoredEvent {
    init(_ batch: EventBatch, holding sequence: Sequence) {
        self.batch = batch
        index = Int(sequence.rawValue - batch.firstSequence.rawValue)
    }
}
