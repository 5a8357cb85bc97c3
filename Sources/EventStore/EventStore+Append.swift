package import AuditModel
internal import Synchronization

extension EventStore {
    /// The sequence that the next stored event gets.
    package var nextSequence: Sequence { published.withLock { $0.head.next } }

    /// The wall clock as far as it is believed, see `SteadyClock`: what `makeBatch` is to be given.
    ///
    /// recorded_at never decreases, so a clock that jumps a year ahead for one commit would put that
    /// year into every event after it. It leads by at most `Limits.clockLeadMax`.
    ///
    /// - Parameters:
    ///   - now: of the wall clock.
    ///   - uptime: of the clock that `hideExpired` and `expire` are given.
    package func believedNow(now: Timestamp, uptime: Duration) -> Timestamp {
        clock.withLock { $0.time(wall: now, uptime: uptime).now }
    }

    /// Nil while the store takes events; otherwise why it refuses them: until a restart, or for want
    /// of room, which `lookForRoom` ends.
    package var writeRefusal: String? { published.withLock { $0.writeRefusal } }

    /// After a full disk: takes the refusal back once there is room. Waits for a write under way.
    package func lookForRoom() {
        guard writeRefusal != nil else { return }
        try? withWriter { writer throws(StoreError) in forgetFullDisk(writer.log) }
    }

    /// With the writer's lock held, so that it cannot take back what a later write has met.
    private func forgetFullDisk(_ log: LogWriter) {
        guard log.refusal == nil,
            let free = try? fileSystem.freeBytes(configuration.logDirectory),
            free >= Limits.roomBytes
        else { return }
        published.withLock { $0.writeRefusal = nil }
    }

    /// Begins the next frame; its sequences start at `nextSequence`. Its recorded_at is `now`, or
    /// the newest one when the clock went back behind it.
    ///
    /// - Parameters:
    ///   - now: of `believedNow`.
    ///   - events: how many are likely, to take the memory at once.
    ///   - bytes: of their organizations, payloads and suffixes together, likewise.
    package func makeBatch(now: Timestamp, events: Int, bytes: Int) -> AppendBatch {
        let (next, recordedAt) = published.withLock {
            ($0.head.next, max(now, $0.newestRecordedAt))
        }
        return AppendBatch(
            firstSequence: next, recordedAt: recordedAt, events: events, bytes: bytes)
    }

    /// Stores a batch with one write and one sync; when it returns, the events are on stable
    /// storage and readers see them. The result holds the same bytes, not a copy.
    ///
    /// Throws `diskFull` (nothing was stored, a later batch may be), `refusingWrites` (it is
    /// unknown whether these events are stored; no later batch will be until a restart) or
    /// `closed`. Either way the batch is gone.
    package func append(_ batch: consuming AppendBatch) throws(StoreError) -> EventBatch {
        let batch = batch.finish()
        do {
            try write(batch)
        } catch {
            batch.frame.deallocate()
            throw error
        }
        return EventBatch(
            owning: batch.frame, firstSequence: batch.header.firstSequence,
            recordedAt: batch.header.recordedAt, entries: batch.entries)
    }

    private func write(_ batch: AppendBatch.Finished) throws(StoreError) {
        let header = batch.header
        try withWriter { writer throws(StoreError) in
            precondition(
                header.firstSequence == writer.log.active.extent.lastSequence.next,
                "batches are appended in the order in which they were made")
            if writer.log.mustRoll(for: header) { try roll(&writer) }
            let log = writer.log.active
            header.seal(frame: batch.frame, salt: log.header.salt)
            let frame = UnsafeRawBufferPointer(rebasing: batch.frame[..<header.length])
            try writer.log.write(frame)
            index.insert(
                batch.entries, of: frame, first: header.firstSequence,
                oldest: published.withLock { $0.parts.firstLogged })
            log.publish(header)
            let wasFull = published.withLock { published in
                published.head = header.lastSequence
                published.newestRecordedAt = header.recordedAt
                published.retention.appended(recordedAt: header.recordedAt)
                return published.writeRefusal != nil
            }
            if wasFull { forgetFullDisk(writer.log) }
        }
    }

    /// Begins the next log and shows it to readers.
    func roll(_ writer: inout Writer) throws(StoreError) {
        try writer.log.roll()
        let log = writer.log.active
        published.withLock { $0.parts.append(log) }
    }
}
