import AuditModel
import EventStore
import TestSupport
import Testing

/// What a process left that did not end by itself, and then a power cut.
@Suite("Restarts")
struct RestartTests {
    /// Opens a new folder and appends over a few logs until something fails; what was stored.
    @discardableResult
    private func run(on disk: SimulatedDisk, seed: UInt64) -> (store: EventStore?, StoreOracle) {
        var generator = SeededGenerator(seed: seed)
        var oracle = StoreOracle()
        guard let (store, _) = try? EventStore.test(on: disk, logBytesMax: 4096) else {
            return (nil, oracle)
        }
        _ = try? fill(store, &oracle, frames: 30, payloadBytesMax: 400, using: &generator)
        return (store, oracle)
    }

    /// All events that a start shows.
    private func events(of store: EventStore) throws -> StoreOracle {
        var oracle = StoreOracle()
        var cursor = store.cursor(from: Sequence(1), .forward)
        while let batch = try cursor.next() { oracle.add(batch) }
        return oracle
    }

    /// Restarts on the disk, and checks that a power cut takes nothing that the restart showed or
    /// stored.
    private func expectDurable(
        _ disk: SimulatedDisk, holding stored: StoreOracle, _ what: String
    ) throws {
        for seed: UInt64 in 0..<3 {
            var generator = SeededGenerator(seed: seed)
            let restarted = disk.afterKill()
            let (store, _) = try EventStore.test(on: restarted, logBytesMax: 4096)
            var shown = try events(of: store)
            #expect(
                shown.events.prefix(stored.events.count).elementsEqual(stored.events), "\(what)")
            for more in [0, 2] {
                try fill(store, &shown, frames: more, startingAt: 100, using: &generator)
                let (again, _) = try EventStore.test(
                    on: restarted.afterPowerCut(using: &generator), logBytesMax: 4096)
                #expect(
                    try shown.difference(to: again) == nil, "\(what), seed \(seed), \(more) more")
            }
        }
    }

    @Test("a kill at any moment, a restart and a power cut lose nothing that the restart showed")
    func kill() throws {
        let whole = SimulatedDisk()
        run(on: whole, seed: 61)
        for step in 0...whole.steps {
            let disk = SimulatedDisk()
            disk.plan = FaultPlan(killedAtStep: step)
            let (_, stored) = run(on: disk, seed: 61)
            try expectDurable(disk, holding: stored, "killed at step \(step)")
        }
    }

    @Test("a sync that failed and a later one that succeeds without writing lose nothing either")
    func failedSync() throws {
        let whole = SimulatedDisk()
        run(on: whole, seed: 62)
        for step in 0..<whole.steps {
            let disk = SimulatedDisk()
            disk.plan = FaultPlan(failingStep: step)
            let (_, stored) = run(on: disk, seed: 62)
            try expectDurable(disk, holding: stored, "failed at step \(step)")
        }
    }

    @Test("a start that is itself killed or fails at any step is made good by the next one")
    func interruptedStart() throws {
        var generator = SeededGenerator(seed: 63)
        // A torn frame at the end, not synchronized: a kill in the middle of its write.
        let crashed = SimulatedDisk()
        let (store, _) = try EventStore.test(on: crashed, logBytesMax: 16 * 1024)
        var stored = StoreOracle()
        try fill(store, &stored, frames: 5, using: &generator)
        crashed.plan = FaultPlan(killedAtStep: crashed.steps + 1, writeBytesMax: 700)
        let large = StoreOracle.Stored.random(count: 20, using: &generator)
        _ = try? store.store(large, now: second(9))

        let whole = crashed.afterKill()
        let (_, report) = try EventStore.test(on: whole, logBytesMax: 16 * 1024)
        #expect(report.tornTail?.bytes ?? 0 > 0)
        #expect(whole.steps > 4)
        for step in 0..<whole.steps {
            for plan in [FaultPlan(killedAtStep: step), FaultPlan(failingStep: step)] {
                let disk = crashed.afterKill()
                disk.plan = plan
                _ = try? EventStore.test(on: disk, logBytesMax: 16 * 1024)
                try expectDurable(disk, holding: stored, "start, \(plan)")
                for _ in 0..<10 {
                    let cut = disk.afterPowerCut(using: &generator)
                    try expectDurable(cut, holding: stored, "start, \(plan), power cut")
                }
            }
        }
    }

    @Test(
        "a disk that does not take the last frame again keeps the store from starting, and says so")
    func refusesToServe() throws {
        let disk = SimulatedDisk()
        run(on: disk, seed: 64)
        let whole = disk.afterKill()
        _ = try EventStore.test(on: whole, logBytesMax: 4096)
        let failing = disk.afterKill()
        // The last step is the sync.
        failing.plan = FaultPlan(failingStep: whole.steps - 1)
        let error = #expect(throws: StoreError.self) {
            try EventStore.test(on: failing, logBytesMax: 4096)
        }
        #expect(error?.code == .inputOutput)
        #expect(error?.message.contains("may not be on the disk") ?? false)
        #expect(error?.message.contains("start again") ?? false)
    }

    @Test("a full disk does not keep a store from starting")
    func fullDisk() throws {
        for step in [nil, 40, 41, 42, 43] {
            let disk = SimulatedDisk()
            disk.plan = FaultPlan(killedAtStep: step, writeBytesMax: 300)
            let (_, stored) = run(on: disk, seed: 65)
            let full = disk.afterKill()
            // What names the holder is gone, and there is no room for it.
            full.overwrite("data/LOCK") { $0 = [] }
            full.plan = FaultPlan(capacityBytes: full.bytes)
            let (store, _) = try EventStore.test(on: full, logBytesMax: 4096)
            let shown = try events(of: store)
            #expect(shown.events.prefix(stored.events.count).elementsEqual(stored.events))
            let second = #expect(throws: StoreError.self) {
                try EventStore.test(on: full, logBytesMax: 4096)
            }
            #expect(second?.code == .locked)
            #expect(second?.message.contains("another process") ?? false)
        }
    }

    @Test("a folder named with slashes behind it is as durable")
    func trailingSlashes() throws {
        var generator = SeededGenerator(seed: 66)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.open(.test(directory: "some/data//"), fileSystem: disk)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 3, using: &generator)
        let cut = disk.afterPowerCut(using: &generator)
        let (again, _) = try EventStore.open(.test(directory: "some/data"), fileSystem: cut)
        #expect(try oracle.difference(to: again) == nil)
    }

    @Test("a folder in one that may not be read is the operator's to vouch for")
    func forbiddenParent() throws {
        let disk = SimulatedDisk()
        run(on: disk, seed: 67)
        // The first step of a start syncs the parent.
        let forbidden = disk.afterKill()
        forbidden.plan = FaultPlan(failingStep: 0, number: 13)
        _ = try EventStore.test(on: forbidden)
        let failing = disk.afterKill()
        failing.plan = FaultPlan(failingStep: 0)
        #expect(throws: StoreError.self) { try EventStore.test(on: failing) }
    }

    @Test("a start that is refused for damage removes nothing")
    func damageKeepsLeftovers() throws {
        let disk = SimulatedDisk()
        run(on: disk, seed: 68)
        let leftover = "data/log/00000000000000000099.log.new"
        _ = try disk.open(leftover, create: true)
        disk.overwrite(logs(disk)[0]) { $0[100] ^= 1 }
        let refused = disk.afterKill()
        #expect(throws: StoreError.self) { try EventStore.test(on: refused) }
        #expect(refused.paths == disk.paths)
    }
}
