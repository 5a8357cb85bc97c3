import AuditModel
import EventStore
import Synchronization
import TestSupport
import Testing

@Suite("Cursors")
struct CursorTests {
    @Test("start anywhere, go either way, and meet each event once", arguments: 0..<6)
    func anywhere(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        // Blocks of 64 KiB, several to a log; frames smaller and larger than a block.
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 300 * 1024)
        var oracle = StoreOracle()
        try fill(
            store, &oracle, frames: 150, eventsMax: 20, payloadBytesMax: 2_000, using: &generator)
        try fill(
            store, &oracle, frames: 4, startingAt: 200, eventsMax: 6, payloadBytesMax: 60_000,
            using: &generator)
        #expect(logs(disk).count > 3)
        #expect(try oracle.difference(to: store) == nil)
        for _ in 0..<60 {
            let start = Sequence(UInt64.random(in: 1...oracle.head.rawValue, using: &generator))
            var forward = store.cursor(from: start, .forward)
            var expected = start
            for _ in 0..<5 {
                guard let batch = try forward.next() else { break }
                #expect(batch.firstSequence <= expected && expected <= batch.lastSequence)
                expected = batch.lastSequence.next
            }
            var backward = store.cursor(from: start, .backward)
            expected = start
            for _ in 0..<5 {
                guard let batch = try backward.next() else { break }
                #expect(batch.firstSequence <= expected && expected <= batch.lastSequence)
                expected = batch.firstSequence.previous
            }
        }
    }

    @Test("a forward cursor at the end goes on when more was appended")
    func following() throws {
        var generator = SeededGenerator(seed: 31)
        let (store, _) = try EventStore.test(on: SimulatedDisk())
        var oracle = StoreOracle()
        var cursor = store.cursor(from: Sequence(1), .forward)
        var expected = Sequence(1)
        for round in 0..<200 {
            #expect(try cursor.next() == nil)
            try fill(
                store, &oracle, frames: Int.random(in: 1...3, using: &generator),
                startingAt: round, using: &generator)
            while let batch = try cursor.next() {
                #expect(batch.firstSequence == expected)
                expected = batch.lastSequence.next
            }
            #expect(expected == oracle.head.next)
        }
    }

    @Test("ends outside of what is stored give nothing or the nearest")
    func outside() throws {
        var generator = SeededGenerator(seed: 32)
        let (store, _) = try EventStore.test(on: SimulatedDisk())
        var empty = store.cursor(from: Sequence(5), .backward)
        #expect(try empty.next() == nil)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 3, using: &generator)
        var behind = store.cursor(from: oracle.head.next, .forward)
        #expect(try behind.next() == nil)
        var before = store.cursor(from: .zero, .forward)
        #expect(try before.next()?.firstSequence == Sequence(1))
        var zero = store.cursor(from: .zero, .backward)
        #expect(try zero.next() == nil)
        var above = store.cursor(from: Sequence(1_000_000), .backward)
        #expect(try above.next()?.lastSequence == oracle.head)
    }

    @Test("a frame that was damaged under the running store is named, and the rest is read")
    func damageIsPassed() throws {
        var generator = SeededGenerator(seed: 33)
        for round in 0..<40 {
            let disk = SimulatedDisk()
            let (store, _) = try EventStore.test(on: disk, logBytesMax: 200 * 1024)
            var oracle = StoreOracle()
            try fill(
                store, &oracle, frames: 60, eventsMax: 8, payloadBytesMax: 3_000,
                using: &generator)
            let path = logs(disk).randomElement(using: &generator)!
            disk.overwrite(path) { bytes in
                let end = bytes.lastIndex { $0 != 0 }!
                bytes[Int.random(in: 64...end, using: &generator)] ^= 0x10
            }
            for direction in [Cursor.Direction.forward, .backward] {
                let (read, damaged) = try readAll(store, oracle, direction)
                #expect(damaged.count == 1, "round \(round)")
                #expect(damaged.first?.file == path)
                let lost = damaged.first.map {
                    Int($0.sequences.last.rawValue - $0.sequences.first.rawValue) + 1
                }
                #expect(read + (lost ?? 0) == oracle.events.count, "round \(round)")
            }
        }
    }

    /// How many events could be read, and what could not.
    private func readAll(
        _ store: EventStore, _ oracle: StoreOracle, _ direction: Cursor.Direction
    ) throws -> (read: Int, damaged: [StoreError.Damage]) {
        let start = direction == .forward ? Sequence(1) : oracle.head
        var cursor = store.cursor(from: start, direction)
        var read = 0
        var damaged: [StoreError.Damage] = []
        while true {
            do throws(StoreError) {
                guard let batch = try cursor.next() else { return (read, damaged) }
                for index in 0..<batch.count {
                    let payload = batch.withEvent(at: index) { Array($0.payload) }
                    #expect(payload == oracle[batch.firstSequence + index].payload)
                }
                read += batch.count
            } catch {
                damaged.append(try #require(error.damage))
            }
        }
    }

    @Test("readers see whole frames, in order, while another thread appends")
    func concurrentReaders() async throws {
        let directory = try TemporaryDirectory()
        let (store, _) = try EventStore.open(
            .test(logBytesMax: 32 * 1024, retention: .seconds(60), directory: directory.path))
        let frames = 400
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var generator = SeededGenerator(seed: 34)
                var oracle = StoreOracle()
                for frame in 0..<frames {
                    try fill(store, &oracle, frames: 1, startingAt: frame, using: &generator)
                    if frame % 50 == 49 {
                        _ = try store.expire(now: second(frame), uptime: .seconds(frame))
                    }
                }
            }
            for reader in 0..<3 {
                group.addTask {
                    var cursor = store.cursor(from: Sequence(1), .forward)
                    var last = Sequence.zero
                    var newest = second(-1)
                    while newest < second(frames - 1) {
                        guard let batch = try cursor.next() else {
                            await Task.yield()
                            continue
                        }
                        // Retention may take what this reader did not reach; nothing may come
                        // twice.
                        #expect(batch.firstSequence > last, "reader \(reader)")
                        #expect(batch.recordedAt >= newest)
                        last = batch.lastSequence
                        newest = batch.recordedAt
                        var backward = store.cursor(from: last, .backward)
                        if let same = try backward.next() { #expect(same.lastSequence == last) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("the first event since a time is found")
    func since() throws {
        var generator = SeededGenerator(seed: 35)
        let (store, _) = try EventStore.test(on: SimulatedDisk(), logBytesMax: 200 * 1024)
        var oracle = StoreOracle()
        #expect(try store.firstSequence(recordedSince: second(0)) == Sequence(1))
        var time = 0
        for _ in 0..<150 {
            time += Int.random(in: 0...3, using: &generator)
            let events = StoreOracle.Stored.random(
                count: Int.random(in: 1...10, using: &generator), using: &generator,
                payloadBytesMax: 3_000)
            oracle.add(try store.store(events, now: second(time)))
        }
        var earliest: Set<Sequence> = []
        for since in -1...time + 1 {
            let expected = oracle.events.firstIndex { $0.recordedAt >= second(since) }
            let found = try store.firstSequence(recordedSince: second(since))
            #expect(found == Sequence(UInt64((expected ?? oracle.events.count) + 1)), "\(since)")
            earliest.insert(store.earliestSequence(recordedSince: second(since)))
            #expect(store.earliestSequence(recordedSince: second(since)) <= found, "\(since)")
        }
        // Of each log one, and the one behind the head.
        #expect(earliest.count > 3)
    }
}
