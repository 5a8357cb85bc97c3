import AuditModel
import Codec
import EventStore
import Logging
import TestSupport
import Testing

@testable import AuditService

struct UpkeepTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func sealsAndSweepsBesideTheCommitter() async throws {
        let fixture = try ServiceFixture(logBytesMax: 16 << 10)
        let store = fixture.store
        let upkeep = Upkeep(
            store: store, sequences: fixture.sequences, sweepInterval: .seconds(60), logger: logger)
        for _ in 0..<10 {
            try fixture.record(Array(repeating: Event.sample(), count: 100))
            upkeep.tick(uptime: .sinceStart)
        }
        #expect(store.bounds.events == 1_000)
        while store.hasSealable {
            upkeep.tick(uptime: .sinceStart)
            await Task.yield()
        }
        let logger = logger
        #expect(
            UpkeepWorker(store: store, sequences: fixture.sequences, logger: logger).run(.seal)
                == .nothingToDo)
        upkeep.stop()
        #expect(store.bounds.events == 1_000)
    }

    @Test func goesOnWithoutALogThatIsDamaged() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.open(
            StoreConfiguration(
                directory: "data", terms: EventTerms.extractor, logBytesMax: 4096),
            fileSystem: disk)
        let event = StoreOracle.Stored(
            organization: "acme", id: EventID(high: 1, low: 1), occurredAt: .now,
            payload: Array(repeating: 7, count: 900))
        for _ in 0..<20 { try store.store([event], now: .now) }
        disk.overwrite(disk.paths[1]) { $0[500] ^= 1 }
        let worker = try UpkeepWorker(
            store: store, sequences: SequenceBook(store: store), logger: logger)
        #expect(worker.run(.seal) == .done, "nothing is to be gained by waiting")
        #expect(worker.run(.seal) == .done)
        disk.plan = FaultPlan(capacityBytes: 0)
        #expect(worker.run(.seal) == .failed)
        store.endMaintenance()
        #expect(worker.run(.seal) == .nothingToDo)
        #expect(worker.run(.sweep) == .nothingToDo)
    }
}
