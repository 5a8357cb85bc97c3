import AuditModel
import TestSupport
import Testing

@testable import EventStore

/// What a seal leaves that did not end by itself.
@Suite("Interrupted seals")
struct SealCrashTests {
    private static let logBytesMax = 4096

    /// A store of a few closed logs, and what is in it.
    private func filled(seed: UInt64) throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: Self.logBytesMax)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 25, using: &generator)
        store.close()
        return (disk.afterKill(), oracle)
    }

    /// Opens, seals everything and appends a frame after each seal, until something fails for good.
    private func run(on disk: SimulatedDisk, _ oracle: inout StoreOracle) -> EventStore? {
        var generator = SeededGenerator(seed: 9)
        guard let (store, _) = try? EventStore.test(on: disk, logBytesMax: Self.logBytesMax) else {
            return nil
        }
        for round in 0..<8 {
            let sealed = (try? store.seal()) ?? nil
            if sealed == nil, !store.hasSealable { break }
            _ = try? fill(store, &oracle, frames: 1, startingAt: 100 + round, using: &generator)
        }
        return store
    }

    /// All that was stored is there, is sealed then, and survives a power cut after that.
    private func expectWhole(
        _ disk: SimulatedDisk, _ stored: StoreOracle, _ what: String
    ) throws {
        let (store, _) = try EventStore.test(on: disk, logBytesMax: Self.logBytesMax)
        var shown = StoreOracle()
        var cursor = store.cursor(from: Sequence(1), .forward)
        while let batch = try cursor.next() { shown.add(batch) }
        #expect(shown.events.prefix(stored.events.count).elementsEqual(stored.events), "\(what)")
        #expect(try shown.difference(to: store) == nil, "\(what)")
        #expect(disk.paths.allSatisfy { !$0.hasSuffix(".new") }, "\(what)")
        let names = disk.paths.compactMap { $0.split(separator: "/").last?.prefix(20) }
        #expect(Set(names).count == names.count, "\(what): a log is there beside its segment")
        try store.sealAll()
        var generator = SeededGenerator(seed: UInt64(disk.steps))
        let (again, _) = try EventStore.test(
            on: disk.afterPowerCut(using: &generator), logBytesMax: Self.logBytesMax)
        #expect(try shown.difference(to: again) == nil, "\(what), sealed")
    }

    @Test("a kill or a failure at any step, and a power cut then, lose nothing")
    func everyStep() throws {
        let (filled, stored) = try filled(seed: 71)
        let whole = filled.afterKill()
        var all = stored
        let store = try #require(run(on: whole, &all))
        #expect(store.bounds.head == all.head && !store.hasSealable)
        for step in 0..<whole.steps {
            for plan in [
                FaultPlan(killedAtStep: step), FaultPlan(failingStep: step),
                FaultPlan(failingStep: step, persists: true),
                FaultPlan(failingStep: step, number: 28),
            ] {
                let disk = filled.afterKill()
                disk.plan = plan
                var oracle = stored
                let store = run(on: disk, &oracle)
                let what = "step \(step), \(plan)"
                if let store { #expect(try oracle.difference(to: store) == nil, "\(what)") }
                try expectWhole(disk.afterKill(), oracle, what)
                var generator = SeededGenerator(seed: UInt64(step))
                for _ in 0..<3 {
                    let cut = disk.afterPowerCut(using: &generator)
                    try expectWhole(cut, oracle, "\(what), power cut")
                }
            }
        }
    }

    @Test("a start after a crash that is itself killed or fails at any step is made good")
    func interruptedStart() throws {
        let (filled, stored) = try filled(seed: 72)
        let whole = filled.afterKill()
        var all = stored
        _ = run(on: whole, &all)
        var generator = SeededGenerator(seed: 1)
        var starts = 0
        for step in stride(from: 0, to: whole.steps, by: 3) {
            let crashed = filled.afterKill()
            crashed.plan = FaultPlan(killedAtStep: step)
            var oracle = stored
            _ = run(on: crashed, &oracle)
            let left = crashed.afterPowerCut(using: &generator)
            let good = left.afterKill()
            _ = try EventStore.test(on: good, logBytesMax: Self.logBytesMax)
            for start in 0..<good.steps {
                for plan in [FaultPlan(killedAtStep: start), FaultPlan(failingStep: start)] {
                    let disk = left.afterKill()
                    disk.plan = plan
                    _ = try? EventStore.test(on: disk, logBytesMax: Self.logBytesMax)
                    starts += 1
                    try expectWhole(
                        disk.afterPowerCut(using: &generator), oracle,
                        "seal killed at \(step), start \(plan)")
                }
            }
        }
        #expect(starts > 100)
    }

    @Test("a log that its segment stands for already is removed at the start")
    func leftover() throws {
        let (disk, oracle) = try filled(seed: 73)
        let log = logs(disk)[0]
        let bytes = try #require(disk.contents(log))
        let (store, _) = try EventStore.test(on: disk, logBytesMax: Self.logBytesMax)
        try store.sealAll()
        let crashed = disk.afterKill()
        _ = try crashed.open(log, create: true)
        crashed.overwrite(log) { $0 = bytes }
        try expectWhole(crashed, oracle, "leftover")
        #expect(!crashed.paths.contains(log))
    }

    @Test("a seal that fails leaves no segment for a start after retention has removed the log")
    func failedThenExpired() throws {
        let (filled, oracle) = try filled(seed: 76)
        let whole = filled.afterKill()
        let (first, _) = try EventStore.test(on: whole, logBytesMax: Self.logBytesMax)
        let before = whole.steps
        _ = try first.seal()
        for step in before..<whole.steps {
            for persists in [false, true] {
                let disk = filled.afterKill()
                let (store, _) = try EventStore.test(on: disk, logBytesMax: Self.logBytesMax)
                disk.plan = FaultPlan(failingStep: step, persists: persists)
                _ = try? store.seal()
                let rules = RetentionRules(standard: .seconds(5))
                try store.setRetention(rules, now: second(25), uptime: .zero)
                _ = try store.expire(now: second(25), uptime: .zero)
                #expect(store.bounds.oldest > Sequence(1))
                let (again, _) = try EventStore.test(
                    on: disk.afterKill(), logBytesMax: Self.logBytesMax)
                #expect(try oracle.difference(to: again) == nil, "step \(step), \(persists)")
            }
        }
    }

    @Test("files that are missing or damaged are named, and nothing is changed")
    func refused() throws {
        let (disk, _) = try filled(seed: 74)
        let (store, _) = try EventStore.test(on: disk, logBytesMax: Self.logBytesMax)
        try store.sealAll()
        let (segments, log) = (segments(disk), logs(disk)[0])
        #expect(segments.count > 2)
        func refusal(_ change: (SimulatedDisk) throws -> Void) throws -> StoreError? {
            let crashed = disk.afterKill()
            try change(crashed)
            let before = crashed.paths.map { crashed.contents($0) }
            let error = #expect(throws: StoreError.self) { try EventStore.test(on: crashed) }
            #expect(error?.message.contains("Nothing was changed") ?? false)
            let after = crashed.paths.map { crashed.contents($0) }
            #expect(before.dropFirst() == after.dropFirst(), "LOCK is the first")
            return error
        }
        let hole = try refusal { try $0.remove(segments[1]) }
        #expect(hole?.code == .damaged)
        #expect(hole?.message.contains(segments[2]) ?? false)
        let newest = try refusal { try $0.remove(log) }
        #expect(newest?.damage?.file == log)
        #expect(newest?.message.contains("newest events is missing") ?? false)
        let cut = try refusal { $0.overwrite(segments[1]) { $0.removeLast() } }
        #expect(cut?.damage?.file == segments[1])
        let head = try refusal { $0.overwrite(segments[1]) { $0[20] ^= 1 } }
        #expect(head?.message.contains(segments[1]) ?? false)
        let renamed = try refusal {
            try $0.remove(segments[0])
            try $0.rename(segments[1], to: segments[0])
        }
        #expect(renamed?.message.contains(segments[0]) ?? false)
    }

    @Test("a start reads the ends of segments and nothing between them")
    func readsEnds() throws {
        var generator = SeededGenerator(seed: 75)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: Self.logBytesMax)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 2_000, using: &generator)
        let count = try store.sealAll()
        #expect(count > 200)
        let again = disk.afterKill()
        let (opened, report) = try EventStore.test(on: again, logBytesMax: Self.logBytesMax)
        #expect(report.segments == count)
        #expect(again.reads <= 3 * count + 10)
        #expect(opened.segmentResources.usage.openFiles <= 256)
        #expect(opened.segmentResources.usage.cachedBytes == 0)
    }
}
