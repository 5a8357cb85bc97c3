import AuditModel
import EventStore
import Synchronization
import TestSupport
import Testing

@Suite("Sealing")
struct SealTests {
    @Test("a sealed store reads as before, also after a restart", arguments: 0..<4)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(
            on: disk, logBytesMax: [4, 16, 64][Int(seed) % 3] << 10)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 200, eventsMax: 8, using: &generator)
        #expect(store.hasSealable)
        let before = store.bounds
        let count = try store.sealAll()
        #expect(count > 0)
        #expect(!store.hasSealable)
        #expect(logs(disk).count == 1)
        #expect(segments(disk).count == count)
        #expect(store.bounds.events == before.events)
        #expect(
            store.bounds.bytes == (logs(disk) + segments(disk)).reduce(0) {
                $0 + (disk.contents($1)?.count ?? 0)
            } - trailingZeros(of: disk))
        #expect(try oracle.difference(to: store) == nil)
        try fill(store, &oracle, frames: 20, startingAt: 200, using: &generator)
        #expect(try oracle.difference(to: store) == nil)

        let (again, report) = try EventStore.test(on: disk.afterKill())
        #expect(report.segments == count)
        #expect(report.events == oracle.events.count)
        #expect(again.bounds == store.bounds)
        #expect(try oracle.difference(to: again) == nil)
    }

    /// Those that were written ahead of the last log's next frames.
    private func trailingZeros(of disk: SimulatedDisk) -> Int {
        let bytes = logs(disk).last.flatMap { disk.contents($0) } ?? []
        return bytes.reversed().prefix { $0 == 0 }.count
    }

    @Test("nothing is sealed before a log has ended")
    func nothing() throws {
        var generator = SeededGenerator(seed: 1)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        #expect(try store.seal() == nil)
        try fill(store, &oracle, frames: 3, using: &generator)
        #expect(try store.seal() == nil)
        #expect(segments(disk).isEmpty)
    }

    @Test("a log ends by events and by age too")
    func rolls() throws {
        var generator = SeededGenerator(seed: 2)
        let disk = SimulatedDisk()
        var configuration = StoreConfiguration.test(logBytesMax: 1 << 20)
        configuration.logEventsMax = 10
        configuration.logAgeMax = .seconds(60)
        let (store, _) = try EventStore.open(configuration, fileSystem: disk)
        var oracle = StoreOracle()
        for time in 0..<21 {
            try fill(store, &oracle, frames: 1, startingAt: time, eventsMax: 1, using: &generator)
        }
        #expect(logs(disk).count == 3)
        #expect(try store.expire(now: second(79), uptime: .zero).files == 0)
        #expect(logs(disk).count == 3)
        #expect(try store.expire(now: second(81), uptime: .seconds(2)).files == 0)
        #expect(logs(disk).count == 4, "the first event is 61 seconds old")
        #expect(try store.sealAll() == 3)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("ids are found in segments, and only those of logs stay in memory", arguments: 0..<3)
    func identifiers(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var disk = SimulatedDisk()
        var (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var known: [EventID: Sequence] = [:]
        for round in 0..<400 {
            var event = StoreOracle.Stored.random(using: &generator)
            event.organization = "acme"
            event.id = EventID(high: 7, low: UInt64.random(in: 0..<300, using: &generator))
            #expect(try StoreOracle.find(event, in: store) == known[event.id], "\(round)")
            if known[event.id] == nil {
                known[event.id] = try store.store([event], now: second(round)).firstSequence
            }
            if round % 50 == 49 { try store.sealAll() }
            if round % 120 == 119 {
                disk = disk.afterKill()
                store = try EventStore.test(on: disk, logBytesMax: 4096).store
            }
        }
        #expect(!segments(disk).isEmpty)
    }

    @Test("times are found over segments and logs")
    func times() throws {
        var generator = SeededGenerator(seed: 3)
        let (store, _) = try EventStore.test(on: SimulatedDisk(), logBytesMax: 16 * 1024)
        var oracle = StoreOracle()
        var time = 0
        for round in 0..<120 {
            time += Int.random(in: 0...3, using: &generator)
            let events = StoreOracle.Stored.random(
                count: Int.random(in: 1...10, using: &generator), using: &generator)
            oracle.add(try store.store(events, now: second(time)))
            if round == 80 { try store.sealAll() }
        }
        for since in -1...time + 1 {
            let expected = oracle.events.firstIndex { $0.recordedAt >= second(since) }
            let found = try store.firstSequence(recordedSince: second(since))
            #expect(found == Sequence(UInt64((expected ?? oracle.events.count) + 1)), "\(since)")
        }
    }

    @Test("retention hides and removes segments as it does logs")
    func retention() throws {
        var generator = SeededGenerator(seed: 4)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096, retention: .seconds(30))
        var oracle = StoreOracle()
        let batches = try fill(store, &oracle, frames: 100, using: &generator)
        try store.sealAll()
        for now in 0..<140 {
            store.hideExpired(now: second(now), uptime: .seconds(now))
            let expected =
                batches.first { $0.recordedAt >= second(now - 30) }?.firstSequence
                ?? oracle.head.next
            #expect(store.bounds.oldest == expected, "\(now)")
            if now % 20 == 0 {
                _ = try store.expire(now: second(now), uptime: .seconds(now))
                #expect(try oracle.difference(to: store) == nil, "\(now)")
            }
        }
        _ = try store.expire(now: second(140), uptime: .seconds(140))
        #expect(segments(disk).isEmpty)
        #expect(logs(disk).count == 1)
        #expect(store.bounds.events == 0)
        try fill(store, &oracle, frames: 3, startingAt: 141, using: &generator)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("a log of which not all can be read is kept, said once, and what is behind it is sealed")
    func damagedLog() throws {
        var generator = SeededGenerator(seed: 5)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 100, using: &generator)
        let paths = logs(disk)
        disk.overwrite(paths[1]) { $0[300] ^= 1 }
        #expect(try store.seal() != nil)
        let error = #expect(throws: StoreError.self) { try store.seal() }
        #expect(error?.code == .damaged)
        #expect(error?.damage?.file == paths[1])
        #expect(try store.sealAll() == paths.count - 3)
        #expect(logs(disk) == [paths[1], paths[paths.count - 1]])
        #expect(segments(disk).allSatisfy { !$0.hasSuffix(".new") })
        let lost = try #require(error?.damage?.sequences)
        for direction in [Cursor.Direction.forward, .backward] {
            var cursor = store.cursor(
                from: direction == .forward ? Sequence(1) : oracle.head, direction)
            var read = 0
            var damaged: [SequenceRange] = []
            while true {
                do throws(StoreError) {
                    guard let batch = try cursor.next() else { break }
                    read += batch.count
                } catch {
                    damaged.append(try #require(error.damage).sequences)
                }
            }
            #expect(damaged == [lost])
            let lostCount = Int(lost.last.rawValue - lost.first.rawValue) + 1
            #expect(read == oracle.events.count - lostCount)
        }
        for (index, event) in oracle.events.enumerated() {
            let sequence = Sequence(UInt64(index) + 1)
            if sequence >= lost.first && sequence <= lost.last { continue }
            #expect(try StoreOracle.find(event, in: store) == sequence)
        }
    }

    @Test("a full disk keeps the log and is tried again when there is room")
    func fullDisk() throws {
        var generator = SeededGenerator(seed: 6)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 16 * 1024)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 60, using: &generator)
        let paths = disk.paths
        for room in [0, 100, 2_000] {
            disk.plan = FaultPlan(capacityBytes: disk.bytes + room)
            let error = #expect(throws: StoreError.self) { try store.seal() }
            #expect(error?.code == .diskFull)
            #expect(disk.paths == paths, "what was begun is gone")
            #expect(store.writeRefusal == nil)
            #expect(try oracle.difference(to: store) == nil)
        }
        disk.plan = .none
        #expect(try store.sealAll() > 0)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("readers go on while logs are sealed under them, and appends do")
    func concurrent() async throws {
        let directory = try TemporaryDirectory()
        let (store, _) = try EventStore.open(
            .test(logBytesMax: 16 * 1024, directory: directory.path))
        let frames = 300
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var generator = SeededGenerator(seed: 7)
                var oracle = StoreOracle()
                try fill(store, &oracle, frames: frames, using: &generator)
                #expect(try oracle.difference(to: store) == nil)
            }
            group.addTask {
                while store.bounds.newestRecordedAt < second(frames - 1) {
                    if try store.seal() == nil { await Task.yield() }
                }
                _ = try store.sealAll()
            }
            for _ in 0..<2 {
                group.addTask {
                    var cursor = store.cursor(from: Sequence(1), .forward)
                    var expected = Sequence(1)
                    while store.bounds.newestRecordedAt < second(frames - 1)
                        || expected <= store.bounds.head
                    {
                        guard let batch = try cursor.next() else {
                            await Task.yield()
                            continue
                        }
                        #expect(batch.firstSequence <= expected)
                        expected = batch.lastSequence.next
                        let id = batch.withEvent(at: 0, \.id)
                        let found = try batch.withEvent(at: 0) { event in
                            try store.find(organization: event.organization, id: id)
                        }
                        #expect(found?.sequence == batch.firstSequence)
                    }
                }
            }
            try await group.waitForAll()
        }
        store.close()
        #expect(throws: StoreError.self) { try store.seal() }
    }
}

extension EventStore {
    /// How many logs were sealed.
    @discardableResult
    func sealAll() throws(StoreError) -> Int {
        var count = 0
        while try seal() != nil { count += 1 }
        return count
    }
}

/// The segment files of the disk, oldest first.
func segments(_ disk: SimulatedDisk) -> [String] {
    disk.paths.filter { $0.contains("/segments/") }
}
