import AuditModel
import EventStore
import TestSupport
import Testing

@Suite("Retention")
struct RetentionTests {
    @Test("hides an event the moment it is too old, and removes its log later")
    func hidesAtOnce() throws {
        var generator = SeededGenerator(seed: 41)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, retention: .seconds(30))
        var oracle = StoreOracle()
        // One frame a second, 0 to 99.
        let batches = try fill(store, &oracle, frames: 100, using: &generator)
        let before = logs(disk).count
        for now in 0..<140 {
            store.hideExpired(now: second(now), uptime: .seconds(now))
            let expected =
                batches.first { $0.recordedAt >= second(now - 30) }?.firstSequence
                ?? oracle.head.next
            #expect(store.bounds.oldest == expected, "\(now)")
            if now % 10 == 0 { #expect(try oracle.difference(to: store) == nil, "\(now)") }
        }
        #expect(logs(disk).count == before, "hiding touches no file")
        #expect(store.bounds.events == 0)
        let report = try store.expire(now: second(140), uptime: .seconds(140))
        #expect(report.files == before)
        #expect(report.events == oracle.events.count)
        #expect(report.oldest == oracle.head.next)
        #expect(logs(disk).count == 1)
        // The store goes on.
        oracle.add(
            try store.store(
                StoreOracle.Stored.random(count: 2, using: &generator), now: second(141)))
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("removes nothing that is young enough, at any moment of a sweep", arguments: 0..<5)
    func removesNothingYoung(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var disk = SimulatedDisk()
        var oracle = StoreOracle()
        var time = 0
        for _ in 0..<30 {
            let (store, _) = try EventStore.test(on: disk, retention: .seconds(60))
            try fill(
                store, &oracle, frames: Int.random(in: 0...30, using: &generator),
                startingAt: time, using: &generator)
            time += Int.random(in: 20...50, using: &generator)
            // Some sweeps die.
            if Bool.random(using: &generator) {
                disk.plan = FaultPlan(
                    failingStep: disk.steps + Int.random(in: 0...6, using: &generator),
                    persists: Bool.random(using: &generator))
            }
            _ = try? store.expire(now: second(time), uptime: .zero)
            let young = oracle.events.firstIndex { $0.recordedAt >= second(time - 60) }
            let expected = Sequence(UInt64((young ?? oracle.events.count) + 1))
            #expect(store.bounds.oldest == expected, "seed \(seed)")
            #expect(try oracle.difference(to: store) == nil, "seed \(seed)")
            disk = disk.afterPowerCut(using: &generator)
        }
    }

    @Test("an idle store becomes empty, and says its bytes")
    func idle() throws {
        var generator = SeededGenerator(seed: 42)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(
            on: disk, logBytesMax: 1024 * 1024, retention: .seconds(10))
        var oracle = StoreOracle()
        let empty = store.bounds.bytes
        try fill(store, &oracle, frames: 3, using: &generator)
        let held = store.bounds.bytes
        #expect(held > empty)
        #expect(try store.expire(now: second(5), uptime: .zero).files == 0)
        let report = try store.expire(now: second(100), uptime: .seconds(95))
        #expect(report.files == 1)
        #expect(report.bytes == held)
        #expect(store.bounds.bytes == empty)
        #expect(try store.expire(now: second(101), uptime: .seconds(96)).files == 0)
        #expect(logs(disk).count == 1)
    }

    @Test("a store that fills slowly keeps no expired event on disk for more than an eighth longer")
    func slowStore() throws {
        var generator = SeededGenerator(seed: 47)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(
            on: disk, logBytesMax: 1024 * 1024, retention: .seconds(80))
        var oracle = StoreOracle()
        for time in 0..<400 {
            try fill(store, &oracle, frames: 1, startingAt: time, eventsMax: 1, using: &generator)
            _ = try store.expire(now: second(time), uptime: .seconds(time))
            let first = try #require(logs(disk).first?.dropLast(4).suffix(20))
            let kept = oracle[Sequence(try #require(UInt64(first)))]
            #expect(kept.recordedAt >= second(time - 92), "\(time)")
        }
        #expect(logs(disk).count < 12)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("does not follow a clock that jumps ahead, and says so")
    func clockJumpsAhead() throws {
        var generator = SeededGenerator(seed: 43)
        let (store, _) = try EventStore.test(on: SimulatedDisk(), retention: .seconds(86_400))
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 20, using: &generator)
        _ = try store.expire(now: second(20), uptime: .seconds(1_000))
        let year = 365 * 86_400
        let report = try store.expire(now: second(year), uptime: .seconds(1_010))
        #expect(report.files == 0)
        #expect(report.clockHeldBack == .seconds(year - 30 - 3_600))
        store.hideExpired(now: second(year), uptime: .seconds(1_010))
        #expect(store.bounds.events == oracle.events.count)
        // Time that really passed counts.
        _ = try store.expire(now: second(year), uptime: .seconds(1_000 + 2 * 86_400))
        #expect(store.bounds.events == 0)
    }

    @Test("a sweep whose roll fails shows why the store refuses writes")
    func refusalOfASweep() throws {
        var generator = SeededGenerator(seed: 49)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(
            on: disk, logBytesMax: 1024 * 1024, retention: .seconds(10))
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 3, using: &generator)
        #expect(store.writeRefusal == nil)
        disk.plan = FaultPlan(failingStep: disk.steps)
        let error = #expect(throws: StoreError.self) {
            try store.expire(now: second(100), uptime: .seconds(100))
        }
        #expect(error?.code == .refusingWrites)
        #expect(store.writeRefusal == error?.description)
    }

    @Test("bounds never reads the disk, and hiding only when something expired")
    func readsNothing() throws {
        var generator = SeededGenerator(seed: 50)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, retention: .seconds(30))
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 100, using: &generator)
        store.hideExpired(now: second(60), uptime: .zero)
        let reads = disk.reads
        #expect(store.bounds.oldest > Sequence(1))
        for _ in 0..<100 { store.hideExpired(now: second(60), uptime: .zero) }
        #expect(disk.reads == reads)
        store.hideExpired(now: second(80), uptime: .seconds(20))
        #expect(disk.reads > reads)
    }

    @Test("a clock that jumps ahead for one commit leads recorded_at by at most an hour")
    func clockJumpsAheadInCommit() throws {
        var generator = SeededGenerator(seed: 48)
        let (store, _) = try EventStore.test(on: SimulatedDisk(), retention: .seconds(86_400))
        func commit(wall: Int, uptime: Int) throws -> Timestamp {
            let now = store.believedNow(now: second(wall), uptime: .seconds(uptime))
            let events = StoreOracle.Stored.random(count: 1, using: &generator)
            return try store.store(events, now: now).recordedAt
        }
        #expect(try commit(wall: 0, uptime: 500) == second(0))
        #expect(try commit(wall: 365 * 86_400, uptime: 510) == second(3_610))
        // The clock is right again: recorded_at stands for that hour and then follows it.
        #expect(try commit(wall: 20, uptime: 520) == second(3_610))
        #expect(try commit(wall: 4_000, uptime: 4_500) == second(4_000))
        // Retention goes by the same clock.
        _ = try store.expire(now: second(365 * 86_400), uptime: .seconds(4_510))
        #expect(store.bounds.events == 4)
    }

    @Test("what was hidden stays hidden when the clock goes back")
    func clockGoesBack() throws {
        var generator = SeededGenerator(seed: 44)
        let (store, _) = try EventStore.test(on: SimulatedDisk(), retention: .seconds(10))
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 20, using: &generator)
        store.hideExpired(now: second(25), uptime: .seconds(25))
        let oldest = store.bounds.oldest
        #expect(oldest > Sequence(1))
        store.hideExpired(now: second(5), uptime: .seconds(26))
        _ = try store.expire(now: second(5), uptime: .seconds(27))
        #expect(store.bounds.oldest == oldest)
    }

    @Test("a cursor that retention overtakes goes on at the oldest", arguments: 1...20)
    func overtakesCursor(appended: Int) throws {
        var generator = SeededGenerator(seed: 46)
        let (store, _) = try EventStore.test(
            on: SimulatedDisk(), logBytesMax: 1024 * 1024, retention: .seconds(10))
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 5, using: &generator)
        var cursor = store.cursor(from: Sequence(1), .forward)
        while try cursor.next() != nil {}
        try fill(store, &oracle, frames: appended, startingAt: 5, using: &generator)
        store.hideExpired(now: second(appended + 12), uptime: .zero)
        let oldest = store.bounds.oldest
        var expected = max(cursor.position, oldest)
        while let batch = try cursor.next() {
            #expect(batch.firstSequence == expected)
            expected = batch.lastSequence.next
        }
        #expect(expected == oracle.head.next)
    }

    @Test("a reader keeps the file that it reads")
    func readersKeepFiles() throws {
        let directory = try TemporaryDirectory()
        var generator = SeededGenerator(seed: 45)
        let (store, _) = try EventStore.open(
            .test(logBytesMax: 200 * 1024, retention: .seconds(10), directory: directory.path))
        var oracle = StoreOracle()
        try fill(
            store, &oracle, frames: 100, eventsMax: 3, payloadBytesMax: 2_000, using: &generator)
        let held = try #require(try store.read(Sequence(1)))
        var cursor = store.cursor(from: Sequence(1), .forward)
        #expect(try cursor.next()?.firstSequence == Sequence(1))
        _ = try store.expire(now: second(1_000), uptime: .zero)
        #expect(try cursor.next() == nil)
        let payload = held.batch.withEvent(at: held.index) { Array($0.payload) }
        #expect(payload == oracle[Sequence(1)].payload)
    }
}
