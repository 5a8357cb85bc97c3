package import AuditModel

/// The on-disk log of events.
package final class EventStore: Sendable {
    private init() {}

    package static func open(
        _ configuration: StoreConfiguration, fileSystem: any FileSystem = PosixFileSystem()
    ) throws(StoreError) -> (store: EventStore, report: RecoveryReport) { fatalError() }

    package var bounds: StoreBounds { fatalError() }
    /// Nil while the store writes; otherwise why it refuses to until a restart.
    package var writeRefusal: String? { nil }

    package var nextSequence: Sequence { fatalError() }
    package func clampedRecordedAt(_ now: Timestamp) -> Timestamp { fatalError() }
    package func makeBatch(now: Timestamp, events: Int, bytes: Int) -> AppendBatch { fatalError() }
    package func append(_ batch: consuming AppendBatch) throws(StoreError) -> EventBatch {
        fatalError()
    }

    package func find(
        organization: UnsafeRawBufferPointer, id: EventID
    ) throws(StoreError) -> StoredEvent? { fatalError() }
    package func read(_ sequence: Sequence) throws(StoreError) -> StoredEvent? { fatalError() }
    package func firstSequence(recordedSince time: Timestamp) throws(StoreError) -> Sequence {
        fatalError()
    }
    package func cursor(from sequence: Sequence, _ direction: Cursor.Direction) -> Cursor {
        fatalError()
    }

    package func hideExpired(now: Timestamp, uptime: Duration) throws(StoreError) {}
    package func expire(now: Timestamp, uptime: Duration) throws(StoreError) -> ExpiryReport {
        fatalError()
    }
    package func close() {}
}

/// An event and the batch that holds it.
package struct StoredEvent: Sendable {
    package var batch: EventBatch
    /// Of the event in the batch.
    package var index: Int

    package var sequence: Sequence { batch.firstSequence + index }
}

/// Walks the stored frames.
package struct Cursor: ~Copyable {
    package enum Direction: Sendable { case forward, backward }
    package mutating func next() throws(StoreError) -> EventBatch? { nil }
}
