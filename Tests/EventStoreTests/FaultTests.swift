import AuditModel
import EventStore
import TestSupport
import Testing

@Suite("Faults")
struct FaultTests {
    /// Opens and appends, over full disks until anything else fails; what was stored, and the last
    /// error.
    private func run(
        on disk: SimulatedDisk, seed: UInt64
    ) -> (store: EventStore?, oracle: StoreOracle, error: StoreError?) {
        var generator = SeededGenerator(seed: seed)
        var oracle = StoreOracle()
        var failure: StoreError?
        var opened: EventStore?
        do throws(StoreError) {
            let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
            opened = store
            for frame in 0..<40 {
                do throws(StoreError) {
                    try fill(store, &oracle, frames: 1, startingAt: frame, using: &generator)
                } catch {
                    failure = error
                    guard error.code == .diskFull else { throw error }
                    // A frame smaller than the one that failed: what that one left must be gone.
                    let smallest = StoreOracle.Stored.random(
                        count: 1, using: &generator, payloadBytesMax: 1)
                    oracle.add(try store.store(smallest, now: second(frame)))
                    // And this is all: the next recovery meets what is left behind it.
                    return (store, oracle, failure)
                }
            }
        } catch {
            failure = error
        }
        return (opened, oracle, failure)
    }

    @Test(
        "a file operation that fails, before or after it persisted, loses nothing that was stored",
        arguments: [false, true])
    func everyStep(persists: Bool) throws {
        let whole = SimulatedDisk()
        #expect(run(on: whole, seed: 21).error == nil)
        for step in 0..<whole.steps {
            for number: Int32 in [5, 28] {
                let disk = SimulatedDisk()
                disk.plan = FaultPlan(failingStep: step, persists: persists, number: number)
                let (store, oracle, error) = run(on: disk, seed: 21)
                let what = "step \(step), errno \(number)"
                if store == nil {
                    try expectRecovery(of: disk.afterKill(), oracle, error, what)
                }
                if let store {
                    #expect(try oracle.difference(to: store) == nil, "\(what): reads go on")
                    try expectRecovery(of: disk.afterKill(), oracle, error, what)
                    var generator = SeededGenerator(seed: UInt64(step))
                    try expectRecovery(
                        of: disk.afterPowerCut(using: &generator), oracle, error, what)
                }
            }
        }
    }

    /// Everything that was stored is there; of the batch that failed all or nothing.
    private func expectRecovery(
        of disk: SimulatedDisk, _ oracle: StoreOracle, _ error: StoreError?, _ what: String
    ) throws {
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        let head = store.bounds.head
        #expect(head >= oracle.head, "\(what): \(head) of \(oracle.head)")
        #expect(error != nil || head == oracle.head, "\(what)")
        var cursor = store.cursor(from: Sequence(1), .forward)
        var recovered = StoreOracle()
        while let batch = try cursor.next() { recovered.add(batch) }
        #expect(
            recovered.events.prefix(oracle.events.count).elementsEqual(oracle.events), "\(what)")
        var generator = SeededGenerator(seed: 1)
        // What was shown stays, whatever the process before had not made durable.
        let cut = disk.afterPowerCut(using: &generator)
        let (shown, _) = try EventStore.test(on: cut, logBytesMax: 4096)
        #expect(try recovered.difference(to: shown) == nil, "\(what), then a power cut")
        try fill(store, &recovered, frames: 3, startingAt: 100, using: &generator)
        #expect(try recovered.difference(to: store) == nil, "\(what)")
    }

    @Test("after a failed sync nothing more is written, and reads go on")
    func failedSync() throws {
        var generator = SeededGenerator(seed: 22)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 1024 * 1024)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 5, using: &generator)
        // A write, then the sync.
        disk.plan = FaultPlan(failingStep: disk.steps + 1)
        let event = StoreOracle.Stored.random(count: 1, using: &generator)
        let error = #expect(throws: StoreError.self) { try store.store(event, now: second(9)) }
        #expect(error?.code == .refusingWrites)
        #expect(store.writeRefusal?.contains("restart") ?? false)
        let steps = disk.steps
        let again = #expect(throws: StoreError.self) { try store.store(event, now: second(9)) }
        #expect(again?.code == .refusingWrites)
        #expect(disk.steps == steps, "a sync is never tried again")
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("a full disk refuses a batch, keeps every other, and takes more when there is room")
    func fullDisk() throws {
        for capacity in stride(from: 300, through: 9_000, by: 97) {
            var generator = SeededGenerator(seed: 23)
            let disk = SimulatedDisk()
            let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
            disk.plan = FaultPlan(capacityBytes: capacity)
            var oracle = StoreOracle()
            var refused = 0
            for frame in 0..<20 {
                let events = StoreOracle.Stored.random(
                    count: Int.random(in: 1...5, using: &generator), using: &generator)
                do throws(StoreError) {
                    oracle.add(try store.store(events, now: second(frame)))
                } catch {
                    #expect(error.code == .diskFull, "capacity \(capacity)")
                    refused += 1
                }
            }
            #expect(refused > 0, "capacity \(capacity)")
            #expect(store.writeRefusal?.contains("no room") ?? false, "capacity \(capacity)")
            #expect(try oracle.difference(to: store) == nil, "capacity \(capacity)")
            let (recovered, _) = try EventStore.test(on: disk.afterKill(), logBytesMax: 4096)
            #expect(try oracle.difference(to: recovered) == nil, "capacity \(capacity)")
            disk.plan = .none
            try fill(store, &oracle, frames: 20, startingAt: 50, using: &generator)
            #expect(try oracle.difference(to: store) == nil, "capacity \(capacity)")
            #expect(store.writeRefusal == nil)
        }
    }

    @Test("a full disk is over when there is room for many batches, not when a small one fits")
    func roomAgain() throws {
        var generator = SeededGenerator(seed: 24)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 1024 * 1024)
        disk.plan = FaultPlan(capacityBytes: disk.bytes)
        let events = StoreOracle.Stored.random(count: 3, using: &generator)
        #expect(throws: StoreError.self) { try store.store(events, now: second(1)) }
        #expect(store.writeRefusal != nil)
        store.lookForRoom()
        #expect(store.writeRefusal != nil, "nothing is free")

        disk.plan = FaultPlan(capacityBytes: disk.bytes + 64 * 1024)
        _ = try store.store(events, now: second(2))
        #expect(store.writeRefusal != nil, "the next batch may be larger")

        disk.plan = FaultPlan(capacityBytes: disk.bytes + 8 * 1024 * 1024)
        store.lookForRoom()
        #expect(store.writeRefusal == nil)
    }

    @Test("room does not end a refusal that lasts until a restart")
    func roomIsNotTrust() throws {
        var generator = SeededGenerator(seed: 25)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 1024 * 1024)
        disk.plan = FaultPlan(failingStep: disk.steps + 1)
        let events = StoreOracle.Stored.random(count: 1, using: &generator)
        #expect(throws: StoreError.self) { try store.store(events, now: second(1)) }
        store.lookForRoom()
        #expect(store.writeRefusal?.contains("restart") ?? false)
    }

    @Test(
        "a frame that the disk takes in pieces is there or torn after a power cut at any step",
        arguments: [300, 700])
    func pieces(writeBytesMax: Int) throws {
        var most = 0
        for step in 0..<30 {
            var generator = SeededGenerator(seed: UInt64(step))
            let disk = SimulatedDisk()
            let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
            var oracle = StoreOracle()
            try fill(store, &oracle, frames: 1, using: &generator)
            disk.plan = FaultPlan(
                killedAtStep: disk.steps + step, writeBytesMax: writeBytesMax)
            let events = StoreOracle.Stored.random(
                count: 5, using: &generator, payloadBytesMax: 600)
            if let batch = try? store.store(events, now: second(9)) {
                oracle.add(batch)
            } else {
                most = step
            }
            for _ in 0..<20 {
                let cut = disk.afterPowerCut(using: &generator)
                let (shown, _) = try EventStore.test(on: cut, logBytesMax: 4096)
                #expect(shown.bounds.head >= oracle.head, "step \(step)")
                // A start writes it again, in pieces too.
                let again = cut.afterKill()
                again.plan = FaultPlan(killedAtStep: 2, writeBytesMax: writeBytesMax)
                _ = try? EventStore.test(on: again, logBytesMax: 4096)
                let left = again.afterPowerCut(using: &generator)
                _ = try EventStore.test(on: left, logBytesMax: 4096)
            }
        }
        #expect(most > 4, "several pieces, a sync, the end mark, a sync")
    }

    @Test("a power cut at any moment loses nothing that was stored", arguments: 0..<40)
    func powerCut(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var disk = SimulatedDisk()
        var oracle = StoreOracle()
        for round in 0..<12 {
            let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
            let head = store.bounds.head
            #expect(head >= oracle.head, "seed \(seed), round \(round)")
            var cursor = store.cursor(from: oracle.head.next, .forward)
            while let batch = try cursor.next() { oracle.add(batch) }
            #expect(try oracle.difference(to: store) == nil, "seed \(seed), round \(round)")
            try fill(
                store, &oracle, frames: Int.random(in: 0...10, using: &generator),
                startingAt: round * 20, payloadBytesMax: 900, using: &generator)
            // The cut comes in the middle of the next batch: after its write, before its sync.
            disk.plan = FaultPlan(failingStep: disk.steps + 1)
            let lost = StoreOracle.Stored.random(
                count: 4, using: &generator, payloadBytesMax: 900)
            if (try? store.store(lost, now: second(round * 20 + 15))) == nil {
                disk = disk.crash(using: &generator)
            } else {
                disk = disk.afterKill()
                let (again, _) = try EventStore.test(on: disk, logBytesMax: 4096)
                var rest = again.cursor(from: oracle.head.next, .forward)
                while let batch = try rest.next() { oracle.add(batch) }
            }
        }
    }
}

extension SimulatedDisk {
    /// A power cut or a kill.
    fileprivate func crash(using generator: inout SeededGenerator) -> SimulatedDisk {
        Bool.random(using: &generator) ? afterKill() : afterPowerCut(using: &generator)
    }
}
