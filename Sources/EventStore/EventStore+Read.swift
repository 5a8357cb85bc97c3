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
    package var bounds: StoreBounds { bounds(of: nil) }

    /// Likewise for one organization, whose retention may hide more; nil for all of them.
    package func bounds(of organization: [UInt8]?) -> StoreBounds {
        let floor = visibility.floor(of: organization)
        return published.withLock {
            let oldest = max(floor, $0.retention.visibility.lowestFloor)
            return StoreBounds(
                oldest: oldest, head: $0.head, newestRecordedAt: $0.newestRecordedAt,
                bytes: $0.parts.bytes, missingEvents: $0.parts.missingEvents(from: oldest))
        }
    }

    /// The first range of sequences, not ending before `sequence`, that this store passed over when it
    /// was restored from a snapshot: whatever was stored under them is not here. Nil when there is
    /// none.
    package func skipped(atOrAfter sequence: Sequence) -> SequenceRange? {
        published.withLock { $0.parts.skipped(atOrAfter: sequence) }
    }

    /// The ends of what can be read: `bounds` for the cursors.
    var readable: (oldest: Sequence, head: Sequence) {
        published.withLock { ($0.retention.visibility.lowestFloor, $0.head) }
    }

    /// Which events retention shows now, as the last `hideExpired`, `expire` or `setRetention` left
    /// it.
    package var visibility: Visibility { published.withLock { $0.retention.visibility } }

    /// The files as they are now.
    var parts: StoreParts { published.withLock { $0.parts } }

    /// The file that holds a readable sequence.
    func part(holding sequence: Sequence) -> StorePart? {
        published.withLock { published in
            guard sequence >= published.retention.visibility.lowestFloor,
                sequence <= published.head
            else { return nil }
            return published.parts.part(holding: sequence)
        }
    }

    /// Batches from the one that holds `sequence` on.
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
        switch part(holding: sequence) {
        case nil: nil
        case .log(let log): try read(sequence, of: log)
        case .sealed(let segment): try read(sequence, of: segment)
        }
    }

    private func read(
        _ sequence: Sequence, of log: LogFile
    ) throws(StoreError) -> StoredEvent? {
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

    private func read(
        _ sequence: Sequence, of segment: Segment
    ) throws(StoreError) -> StoredEvent? {
        guard let row = segment.row(of: sequence), let block = try segment.block(holding: row),
            let index = block.index(of: row)
        else {
            let range = SequenceRange(first: sequence, last: sequence)
            guard lost.overlapping(range).isEmpty else { throw .lost(range, segment.path) }
            return nil
        }
        return StoredEvent(block.batch(around: index), holding: sequence)
    }

    /// The stored event with that id in that organization; nil when there is none or retention took
    /// it.
    ///
    /// Costs no read when the id is new and the filters of the segments are cached. Throws `damaged`
    /// when the only events that could be it cannot be read.
    package func find(
        organization: UnsafeRawBufferPointer, id: EventID
    ) throws(StoreError) -> StoredEvent? {
        var damage: StoreError?
        if let event = findLogged(organization, id, &damage) { return event }
        // Read after the index: what was sealed meanwhile and left it is in one of these.
        let (parts, visibility) = published.withLock { ($0.parts, $0.retention.visibility) }
        let floor = visibility.floor(of: organization)
        for case .sealed(let segment) in parts.all.reversed() {
            guard segment.bounds.sequences.last >= floor else { break }
            do throws(StoreError) {
                let found = try segment.find(
                    organization: organization, id: id, from: segment.row(of: floor) ?? 0)
                guard let found else { continue }
                if let event = try read(segment.sequence(of: found)) { return event }
            } catch {
                damage = error
            }
        }
        if let damage { throw damage }
        return nil
    }

    /// The event if it is in a log.
    private func findLogged(
        _ organization: UnsafeRawBufferPointer, _ id: EventID, _ damage: inout StoreError?
    ) -> StoredEvent? {
        let hash = index.hash(organization: organization, id: id)
        let oldest = published.withLock {
            max($0.retention.visibility.lowestFloor, $0.parts.firstLogged)
        }
        for sequence in index.candidates(hash, oldest: oldest) {
            do throws(StoreError) {
                guard let event = try read(sequence) else { continue }
                let isSame = event.batch.withEvent(at: event.index) { view in
                    view.id == id && view.organization.elementsEqual(organization)
                }
                if isSame { return event }
            } catch {
                damage = error
            }
        }
        return nil
    }
}

extension StoredEvent {
    init(_ batch: EventBatch, holding sequence: Sequence) {
        self.batch = batch
        index = Int(sequence.rawValue - batch.firstSequence.rawValue)
    }
}
