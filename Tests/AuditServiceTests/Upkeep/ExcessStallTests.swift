import Codec
import EventStore
import Logging
import TestSupport
import Testing

@testable import AuditService

/// What the upkeep says when the size cap cannot be kept.
struct ExcessStallTests {
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
        let log = KeptLog()
        var errors: [KeptLog.Entry] { log.entries.filter { $0.level == .error } }
        let worker = try UpkeepWorker(
            store: store, sequences: SequenceBook(store: store),
            logger: Logger(label: "test") { _ in log.handler })
        _ = worker.run(.drop)
        #expect(errors.isEmpty)
        for sweep in 1...2 {
            _ = worker.run(.sweep)
            let stall = try #require(store.excessStall)
            #expect(stall.heldBytes > 8192)
            #expect(errors.count == sweep)
            #expect(
                errors.last?.metadata == [
                    "bytes": "\(stall.bytes)", "bytes_max": "8192",
                    "held_bytes": "\(stall.heldBytes)", "damaged_bytes": "0",
                ])
        }
        try store.setRetention(RetentionRules(), now: .now, uptime: .zero)
        _ = worker.run(.sweep)
        #expect(errors.count == 2)
        #expect(store.bounds.bytes <= 8192)
    }
}
