import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("The size cap")
struct ExcessTests {
    private static let held = Array("held".utf8)

    private func open(
        _ disk: SimulatedDisk, bytesMax: Int?, logBytesMax: Int = 4096
    ) throws(StoreError) -> EventStore {
        var configuration = StoreConfiguration.test(logBytesMax: logBytesMax)
        configuration.bytesMax = bytesMax
        return try EventStore.open(configuration, fileSystem: disk).store
    }

    /// A frame a second; a third of the events are of an organization that may be under legal hold.
    private func fill(_ store: EventStore, _ oracle: inout StoreOracle, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for time in 0..<100 {
            var events = StoreOracle.Stored.random(count: 3, using: &generator)
            events[time % 3].organization = "held"
            oracle.add(try store.store(events, now: second(time)))
        }
    }

    private func filled(seed: UInt64) throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        let disk = SimulatedDisk()
        let store = try open(disk, bytesMax: nil)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: seed)
        try store.sealAll()
        store.close()
        return (disk.afterKill(), oracle)
    }

    @Test("does nothing without one, or while the files are smaller")
    func nothing() throws {
        let (disk, oracle) = try filled(seed: 1)
        for bytesMax in [nil, 10_000_000] {
            let store = try open(disk.afterKill(), bytesMax: bytesMax)
            #expect(!store.hasExcess)
            #expect(try store.dropExcess() == nil)
            #expect(try oracle.difference(to: store) == nil)
        }
    }

    @Test("removes the oldest files until the rest is smaller, and hides them at once")
    func oldestFirst() throws {
        let (disk, oracle) = try filled(seed: 2)
        let count = segments(disk).count
        let bytesMax = 30_000
        let store = try open(disk, bytesMax: bytesMax)
        let before = store.bounds
        #expect(before.bytes > bytesMax && store.hasExcess)
        let report = try #require(try store.dropExcess())
        #expect(store.bounds.bytes <= bytesMax && !store.hasExcess)
        #expect(report.files == count - segments(disk).count)
        #expect(report.events == before.events - store.bounds.events)
        #expect(report.bytes == before.bytes - store.bounds.bytes)
        #expect(report.oldest == store.bounds.oldest && report.oldest > before.oldest)
        // No more than it takes: the last one that went would not have fitted.
        #expect(store.bounds.bytes + report.bytes / report.files * 2 > bytesMax)
        #expect(try oracle.difference(to: store) == nil)
        #expect(store.figures.totals.droppedEvents == report.events)
        #expect(store.figures.totals.droppedBytes == report.bytes)
        #expect(store.figures.totals.sweptEvents == 0)
        // Longer rules bring nothing back, and so does a restart.
        try store.setRetention(
            RetentionRules(standard: .seconds(10_000)), now: second(100), uptime: .zero)
        #expect(store.bounds.oldest == report.oldest)
        store.close()
        let again = try open(disk.afterKill(), bytesMax: bytesMax)
        #expect(again.bounds.oldest == report.oldest)
        #expect(try oracle.difference(to: again) == nil)
    }

    @Test("spares what is under legal hold, and the log that is being written")
    func spares() throws {
        let (disk, oracle) = try filled(seed: 3)
        let store = try open(disk, bytesMax: 24_000)
        let rules = RetentionRules(holds: [Self.held])
        try store.setRetention(rules, now: second(100), uptime: .zero)
        let report = try #require(try store.dropExcess())
        #expect(report.rewritten > 3 && report.files == 0)
        #expect(!store.hasExcess, "nothing is left that may go")
        #expect(try store.dropExcess() == nil)
        let active = try #require(logs(disk).last?.split(separator: "/").last?.prefix(20))
        let floor = Sequence(UInt64(active)!)
        #expect(store.bounds(of: Array("acme".utf8)).oldest == floor)
        #expect(store.bounds(of: Self.held).oldest == Sequence(1))
        func showing(_ sequence: Sequence) -> StoreOracle.Showing {
            sequence >= floor || oracle[sequence].organization == "held" ? .shown : .hidden
        }
        #expect(try oracle.difference(to: store, showing: showing) == nil)
        // A hold that ends lets go of the rest.
        try store.setRetention(RetentionRules(), now: second(100), uptime: .zero)
        #expect(store.bounds.oldest == floor)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("a hold that ends lets go of what it kept, and of nothing younger")
    func endOfHold() throws {
        let (disk, filled) = try filled(seed: 7)
        var oracle = filled
        let bytesMax = 40_000
        let store = try open(disk, bytesMax: bytesMax)
        try store.setRetention(
            RetentionRules(holds: [Self.held]), now: second(100), uptime: .zero)
        #expect(try #require(try store.dropExcess()).rewritten > 3)
        #expect(store.bounds.bytes <= bytesMax && !store.hasExcess)
        let floor = store.bounds(of: Array("acme".utf8)).oldest
        let held = try #require(oracle.sequences.first { $0 >= store.bounds.oldest })
        #expect(held < floor && oracle[held].organization == "held")
        var generator = SeededGenerator(seed: 8)
        while store.bounds.bytes <= bytesMax {
            let events = StoreOracle.Stored.random(count: 3, using: &generator)
            oracle.add(try store.store(events, now: second(100)))
        }
        try store.setRetention(RetentionRules(), now: second(100), uptime: .zero)
        #expect(store.bounds.oldest == floor && store.hasExcess)
        #expect(try #require(try store.dropExcess()).files > 3)
        #expect(store.bounds.oldest == floor, "what was held was enough")
        #expect(store.bounds.bytes <= bytesMax && !store.hasExcess)
        #expect(store.parts.firstSequence == floor)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("leaves logs alone whose events may be under legal hold, until they are sealed")
    func unsealed() throws {
        let disk = SimulatedDisk()
        let store = try open(disk, bytesMax: 24_000)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 4)
        let rules = RetentionRules(holds: [Self.held])
        try store.setRetention(rules, now: second(100), uptime: .zero)
        #expect(!store.hasExcess)
        #expect(try store.dropExcess() == nil)
        try store.sealAll()
        #expect(try #require(try store.dropExcess()).rewritten > 3)
        // Without a hold logs go as they are.
        let (plain, other) = (SimulatedDisk(), StoreOracle())
        var stored = other
        let unheld = try open(plain, bytesMax: 8_192)
        try fill(unheld, &stored, seed: 4)
        #expect(try #require(try unheld.dropExcess()).files > 3)
        #expect(unheld.bounds.bytes <= 8_192)
        #expect(try stored.difference(to: unheld) == nil)
    }

    @Test("works on a full disk")
    func fullDisk() throws {
        let (disk, oracle) = try filled(seed: 5)
        let store = try open(disk, bytesMax: 30_000)
        disk.plan = FaultPlan(capacityBytes: 0)
        #expect(try #require(try store.dropExcess()).files > 0)
        #expect(store.bounds.bytes <= 30_000)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("a kill or a failure at any step, and a power cut then, are made good by the next")
    func everyStep() throws {
        let (filled, oracle) = try filled(seed: 6)
        func drop(_ disk: SimulatedDisk) throws -> EventStore {
            let store = try open(disk, bytesMax: 24_000)
            try store.setRetention(
                RetentionRules(holds: [Self.held]), now: second(100), uptime: .zero)
            _ = try store.dropExcess()
            return store
        }
        let whole = filled.afterKill()
        let floor = try drop(whole).bounds(of: nil).oldest
        let other = try drop(filled.afterKill()).bounds(of: Array("acme".utf8)).oldest
        #expect(floor == Sequence(1) && other > Sequence(1))
        for step in stride(from: 0, to: whole.steps, by: 3) {
            for plan in [
                FaultPlan(killedAtStep: step), FaultPlan(failingStep: step),
                FaultPlan(failingStep: step, persists: true),
            ] {
                let disk = filled.afterKill()
                disk.plan = plan
                _ = try? drop(disk)
                var generator = SeededGenerator(seed: UInt64(step))
                for left in [disk.afterKill(), disk.afterPowerCut(using: &generator)] {
                    let store = try drop(left)
                    let difference = try oracle.difference(to: store) { sequence in
                        if oracle[sequence].organization == "held" { return .shown }
                        return sequence >= other ? .shown : .removable
                    }
                    #expect(difference == nil, "step \(step), \(plan)")
                    #expect(store.bounds.bytes <= 24_000 || !store.hasExcess)
                }
            }
        }
    }

    @Test(
        "what failed is done by the next call in the same process, before anything else is hidden")
    func everyStepGoesOn() throws {
        let (filled, oracle) = try filled(seed: 6)
        for rules in [RetentionRules(), RetentionRules(holds: [Self.held])] {
            func open() throws -> (disk: SimulatedDisk, store: EventStore) {
                let disk = filled.afterKill()
                let store = try self.open(disk, bytesMax: 36_000)
                try store.setRetention(rules, now: second(100), uptime: .zero)
                return (disk, store)
            }
            let (disk, whole) = try open()
            let before = disk.steps
            let expected = try #require(try whole.dropExcess())
            #expect(expected.files + expected.rewritten > 3)
            let floor = whole.bounds(of: Array("acme".utf8)).oldest
            for step in before..<disk.steps {
                for persists in [false, true] {
                    let (disk, store) = try open()
                    disk.plan = FaultPlan(failingStep: step, persists: persists)
                    let failed = #expect(throws: StoreError.self, "step \(step)") {
                        try store.dropExcess()
                    }
                    #expect(failed?.code == .inputOutput)
                    #expect(store.hasExcess, "step \(step)")
                    _ = try store.dropExcess()
                    #expect(!store.hasExcess, "step \(step)")
                    #expect(
                        store.bounds(of: Array("acme".utf8)).oldest == floor,
                        "step \(step), persists \(persists)")
                    #expect(store.figures.totals.droppedEvents == expected.events)
                    #expect(store.bounds.bytes == whole.bounds.bytes)
                    let difference = try oracle.difference(to: store) { sequence in
                        if sequence >= floor { return .shown }
                        return rules.holds.contains(Array(oracle[sequence].organization.utf8))
                            ? .shown : .hidden
                    }
                    #expect(difference == nil, "step \(step), persists \(persists)")
                }
            }
        }
    }

    @Test("a full disk under a legal hold costs one file until there is room")
    func fullDiskUnderHold() throws {
        let (disk, oracle) = try filled(seed: 5)
        let store = try open(disk, bytesMax: 30_000)
        try store.setRetention(
            RetentionRules(holds: [Self.held]), now: second(100), uptime: .zero)
        disk.plan = FaultPlan(capacityBytes: 0)
        let second = store.parts.all[1].firstSequence
        for _ in 0..<5 {
            let error = #expect(throws: StoreError.self) { try store.dropExcess() }
            #expect(error?.code == .diskFull)
            #expect(store.bounds(of: Array("acme".utf8)).oldest == second && store.hasExcess)
        }
        disk.plan = FaultPlan()
        #expect(try #require(try store.dropExcess()).rewritten > 1)
        #expect(store.bounds.bytes <= 30_000 && !store.hasExcess)
        let floor = store.bounds(of: Array("acme".utf8)).oldest
        let difference = try oracle.difference(to: store) { sequence in
            sequence >= floor || oracle[sequence].organization == "held" ? .shown : .hidden
        }
        #expect(difference == nil)
    }

    @Test("removes nothing when what is under legal hold alone reaches it, and says so")
    func stall() throws {
        let (disk, oracle) = try filled(seed: 9)
        let bytesMax = 8_192
        let store = try open(disk, bytesMax: bytesMax)
        #expect(store.hasExcess && store.excessStall == nil, "something goes next")
        try store.setRetention(
            RetentionRules(holds: [Self.held]), now: second(100), uptime: .zero)
        #expect(try store.dropExcess() == nil)
        #expect(!store.hasExcess)
        let stall = try #require(store.excessStall)
        #expect(stall.bytes == store.bounds.bytes && stall.bytesMax == bytesMax)
        #expect(stall.heldBytes >= bytesMax && stall.heldBytes < stall.bytes / 2)
        #expect(stall.damagedBytes == 0)
        #expect(try oracle.difference(to: store) == nil)
        // Once it ends the cap is kept.
        try store.setRetention(RetentionRules(), now: second(100), uptime: .zero)
        #expect(store.hasExcess && store.excessStall == nil)
        #expect(try #require(try store.dropExcess()).files > 3)
        #expect(store.bounds.bytes <= bytesMax && store.excessStall == nil)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("goes on behind a log that cannot be sealed", arguments: [24_000, 8_192])
    func unsealable(bytesMax: Int) throws {
        let disk = SimulatedDisk()
        let store = try open(disk, bytesMax: bytesMax)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 10)
        try store.setRetention(
            RetentionRules(holds: [Self.held]), now: second(100), uptime: .zero)
        disk.overwrite(logs(disk)[1]) { $0[LogHeader.bytes + 300] ^= 1 }
        #expect(throws: StoreError.self) { try store.sealAll() }
        #expect(store.excessStall == nil, "the logs behind it are sealed first")
        try store.sealAll()
        let damaged = try #require(store.parts.all[1].log)
        #expect(store.parts.segmentCount == store.parts.all.count - 2)
        guard bytesMax > 20_000 else {
            #expect(try store.dropExcess() == nil)
            #expect(store.excessStall?.damagedBytes == damaged.extent.end)
            return
        }
        #expect(try #require(try store.dropExcess()).rewritten > 3)
        #expect(!store.hasExcess)
        #expect(store.bounds(of: Array("acme".utf8)).oldest > damaged.extent.lastSequence)
        for sequence in oracle.sequences(
            from: damaged.extent.lastSequence.next, before: oracle.head)
        where oracle[sequence].organization == "held" {
            #expect(try store.read(sequence) != nil)
        }
    }

    @Test("that is smaller than a log is refused")
    func tooSmall() throws {
        let error = #expect(throws: StoreError.self) {
            try open(SimulatedDisk(), bytesMax: 4_095, logBytesMax: 4_096)
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
