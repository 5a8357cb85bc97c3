import Codec
import EventStore
import Logging
import Synchronization
import TestSupport
import Testing

@testable import AuditService

/// What the upkeep says when the size cap cannot be kept.
struct ExcessStallTests {
    private final class Lines: Sendable {
        let errors = Mutex<[String]>([])
    }

    private struct KeepingHandler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard event.level == .error else { return }
            let bytes = ["bytes", "bytes_max", "held_bytes", "damaged_bytes"]
                .map { "\($0)=\(event.metadata?[$0] ?? "missing")" }.joined(separator: " ")
            lines.errors.withLock { $0.append("\(event.message): \(bytes)") }
        }
    }

    @Test func saysOnceASweepWhyNothingGoes() throws {
        let held = Array("acme".utf8)
        var configuration = StoreConfiguration(
            directory: "data", terms: EventTerms.extractor, logBytesMax: 4096,
            retention: RetentionRules(holds: [held]))
        configuration.bytesMax = 8192
        let (store, _) = try EventStore.open(configuration, fileSystem: SimulatedDisk())
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<40 {
            var event = StoreOracle.Stored.random(using: &generator)
            event.organization = "acme"
            event.payload = generator.bytes(900)
            try store.store([event], now: .now)
        }
        while try store.seal() != nil {}
        let lines = Lines()
        let worker = UpkeepWorker(
            store: store, logger: Logger(label: "test") { _ in KeepingHandler(lines: lines) })
        _ = worker.run(.drop)
        #expect(lines.errors.withLock(\.self).isEmpty)
        for sweep in 1...2 {
            _ = worker.run(.sweep)
            let stall = try #require(store.excessStall)
            #expect(stall.heldBytes > 8192)
            let errors = lines.errors.withLock(\.self)
            #expect(errors.count == sweep)
            #expect(
                errors.last?.hasSuffix(
                    ": bytes=\(stall.bytes) bytes_max=8192 held_bytes=\(stall.heldBytes) "
                        + "damaged_bytes=0") == true)
        }
        try store.setRetention(RetentionRules(), now: .now, uptime: .zero)
        _ = worker.run(.sweep)
        #expect(lines.errors.withLock(\.self).count == 2)
        #expect(store.bounds.bytes <= 8192)
    }
}
