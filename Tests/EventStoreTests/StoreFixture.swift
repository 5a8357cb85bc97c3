import AuditModel
import EventStore
import Synchronization
import TestSupport

/// Times of the tests: seconds after a round moment.
func second(_ number: Int) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000 + Int64(number) * 1_000_000_000)
}

extension StoreConfiguration {
    /// The same salts in every run, small logs.
    static func test(
        logBytesMax: Int = 8 * 1024, retention: Duration? = nil, directory: String = "data"
    ) -> StoreConfiguration {
        let salts = Counter()
        return StoreConfiguration(
            directory: directory, terms: ModelEvent.extractor, logBytesMax: logBytesMax,
            retention: RetentionRules(standard: retention),
            salt: { 0x1234_5678_9ABC_DEF0 &+ salts.next() &* 0x9E37_79B9_7F4A_7C15 })
    }
}

private final class Counter: Sendable {
    private let value = Mutex<UInt64>(0)

    func next() -> UInt64 {
        value.withLock { value in
            value += 1
            return value
        }
    }
}

extension EventStore {
    static func test(
        on disk: SimulatedDisk, logBytesMax: Int = 8 * 1024, retention: Duration? = nil
    ) throws(StoreError) -> (store: EventStore, report: RecoveryReport) {
        try open(.test(logBytesMax: logBytesMax, retention: retention), fileSystem: disk)
    }
}

/// Appends frames of random sizes, one a second, and remembers them.
@discardableResult
func fill(
    _ store: EventStore, _ oracle: inout StoreOracle, frames: Int, startingAt start: Int = 0,
    eventsMax: Int = 5, payloadBytesMax: Int = 200, using generator: inout SeededGenerator
) throws(StoreError) -> [EventBatch] {
    var batches: [EventBatch] = []
    for frame in 0..<frames {
        let count = Int.random(in: 1...eventsMax, using: &generator)
        let events = StoreOracle.Stored.random(
            count: count, using: &generator, payloadBytesMax: payloadBytesMax)
        let batch = try store.store(events, now: second(start + frame))
        oracle.add(batch)
        batches.append(batch)
    }
    return batches
}

/// The log files of the disk, oldest first.
func logs(_ disk: SimulatedDisk) -> [String] {
    disk.paths.filter { $0.contains("/log/") && $0.hasSuffix(".log") }
}
