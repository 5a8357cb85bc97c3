import AuditModel
import EventStore
import TestSupport
import Testing

@Suite("Appending")
struct AppendTests {
    @Test("what is appended comes back, byte for byte, in this and the next process")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 1)
        let disk = SimulatedDisk()
        var oracle = StoreOracle()
        let (store, report) = try EventStore.test(on: disk)
        #expect(report.logs == 1 && report.events == 0 && report.tornTail == nil)
        #expect(store.bounds.events == 0)
        #expect(store.nextSequence == Sequence(1))
        try fill(store, &oracle, frames: 60, using: &generator)
        #expect(try oracle.difference(to: store) == nil)
        #expect(logs(disk).count > 2, "the logs roll")

        let (again, second) = try EventStore.test(on: disk.afterKill())
        #expect(second.events == oracle.events.count)
        #expect(second.logs == logs(disk).count)
        #expect(second.tornTail == nil)
        #expect(try oracle.difference(to: again) == nil)
        #expect(again.bounds == store.bounds)
        try fill(again, &oracle, frames: 10, startingAt: 100, using: &generator)
        #expect(try oracle.difference(to: again) == nil)
    }

    @Test("the suffix ends the payload, and the batch holds the bytes that were written")
    func suffix() throws {
        var generator = SeededGenerator(seed: 2)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        let events = StoreOracle.Stored.random(count: 3, using: &generator)
        let batch = try store.store(events, now: second(1), suffix: [7, 8, 9])
        for (index, event) in events.enumerated() {
            let payload = batch.withEvent(at: index) { Array($0.payload) }
            #expect(payload == event.payload + [7, 8, 9])
            #expect(batch.withEvent(at: index) { $0.sequence } == Sequence(UInt64(index) + 1))
            #expect(batch.withEvent(at: index) { $0.recordedAt } == second(1))
        }
        let read = try #require(try store.read(Sequence(2)))
        #expect(
            read.batch.withEvent(at: read.index) { Array($0.payload) } == events[1].payload + [
                7, 8, 9,
            ])
    }

    @Test("a batch costs one write and one sync, the zeros ahead and new logs apart")
    func operations() throws {
        var generator = SeededGenerator(seed: 3)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 1024 * 1024)
        var oracle = StoreOracle()
        // The first frame brings the zeros.
        try fill(store, &oracle, frames: 1, using: &generator)
        let (writes, syncs, steps) = (disk.count(.write), disk.count(.synchronize), disk.steps)
        try fill(store, &oracle, frames: 100, using: &generator)
        #expect(disk.count(.write) - writes == 100)
        #expect(disk.count(.synchronize) - syncs == 100)
        #expect(disk.steps - steps == 200, "and nothing else")
    }

    @Test("a frame as large as a log gets a log of its own")
    func largeFrame() throws {
        var generator = SeededGenerator(seed: 4)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        for size in [100, 20_000, 100, 300_000, 8_000] {
            var event = StoreOracle.Stored.random(using: &generator)
            event.payload = generator.bytes(size)
            oracle.add(try store.store([event], now: second(size)))
        }
        #expect(try oracle.difference(to: store) == nil)
        #expect(logs(disk).count == 5)
        let (again, _) = try EventStore.test(on: disk.afterKill())
        #expect(try oracle.difference(to: again) == nil)
    }

    @Test("recorded_at never decreases when the clock goes back, over restarts too")
    func clockGoesBack() throws {
        var generator = SeededGenerator(seed: 5)
        var disk = SimulatedDisk()
        var oracle = StoreOracle()
        var newest = second(-1_000_000)
        for _ in 0..<20 {
            let (store, _) = try EventStore.test(on: disk)
            for _ in 0..<5 {
                let now = second(Int.random(in: -1000...1000, using: &generator))
                newest = max(newest, now)
                let event = StoreOracle.Stored.random(using: &generator)
                let batch = try store.store([event], now: now)
                #expect(batch.recordedAt == newest)
                oracle.add(batch)
            }
            #expect(try oracle.difference(to: store) == nil)
            disk = disk.afterKill()
        }
    }

    @Test("short writes are continued")
    func shortWrites() throws {
        var generator = SeededGenerator(seed: 6)
        let disk = SimulatedDisk()
        disk.plan = FaultPlan(writeBytesMax: 37)
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 20, using: &generator)
        #expect(try oracle.difference(to: store) == nil)
        let (again, _) = try EventStore.test(on: disk.afterKill())
        #expect(try oracle.difference(to: again) == nil)
    }

    @Test("a batch says when it is full")
    func fullBatch() throws {
        let (store, _) = try EventStore.test(on: SimulatedDisk())
        var batch = store.makeBatch(now: second(0), events: 1, bytes: 0)
        let payload = [UInt8](repeating: 1, count: 1024 * 1024)
        var added = 0
        while batch.hasRoom(organizationBytes: 1, payloadBytes: payload.count) {
            payload.withUnsafeBytes { payload in
                _ = batch.append(
                    organization: UnsafeRawBufferPointer(rebasing: payload[..<1]),
                    id: EventID(high: 0, low: UInt64(added)), occurredAt: second(0),
                    payload: payload, suffixBytesMax: 0
                ) { _ in 0 }
            }
            added += 1
        }
        #expect(added == 15, "16 MiB are the frame, headers included")
        #expect(try store.append(batch).count == 15)
        #expect(try store.read(Sequence(15)) != nil)
    }

    @Test("closing ends writing, not reading")
    func closing() throws {
        var generator = SeededGenerator(seed: 7)
        let (store, _) = try EventStore.test(on: SimulatedDisk())
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 3, using: &generator)
        store.close()
        #expect(try oracle.difference(to: store) == nil)
        let error = #expect(throws: StoreError.self) {
            try store.store(StoreOracle.Stored.random(count: 1, using: &generator), now: second(9))
        }
        #expect(error?.code == .closed)
    }
}
