import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Sweeps of segments")
struct SweepTests {
    private static let short = Array("short".utf8)
    private static let rules = RetentionRules(ages: [short: Duration.seconds(20)])

    /// Frames of a second, 0 to 99; each event is of "short" with that chance, else of "long".
    private func fill(
        _ store: EventStore, _ oracle: inout StoreOracle, seed: UInt64, from start: Int = 0,
        chance: (Int) -> Double
    ) throws(StoreError) {
        var generator = SeededGenerator(seed: seed)
        for time in start..<start + 100 {
            var events = StoreOracle.Stored.random(count: 4, using: &generator)
            for index in events.indices {
                let isShort = Double.random(in: 0..<1, using: &generator) < chance(time)
                events[index].organization = isShort ? "short" : "long"
            }
            oracle.add(try store.store(events, now: second(time)))
        }
    }

    private func isShown(_ event: StoreOracle.Stored, at now: Int) -> Bool {
        event.organization == "long" || event.recordedAt >= second(now - 20)
    }

    private func expectShown(
        _ oracle: StoreOracle, _ store: EventStore, at now: Int, _ what: String = ""
    ) throws {
        let difference = try oracle.difference(to: store) { sequence in
            isShown(oracle[sequence], at: now) ? .shown : .hidden
        }
        #expect(difference == nil, "\(what)")
    }

    @Test("remember what of whom is gone, for those who get a longer policy", arguments: 0..<4)
    func removals(seed: UInt64) throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: seed) { [0, 0.5, 1, 0.5][$0 / 25] }
        try store.sealAll()
        for now in [60, 100] {
            try store.setRetention(Self.rules, now: second(now), uptime: .zero)
            #expect(try store.expire(now: second(now), uptime: .zero).rewritten > 0)
        }
        try store.setRetention(RetentionRules(), now: second(100), uptime: .zero)
        store.close()
        let (again, _) = try EventStore.test(on: disk.afterKill())
        var there: Set<Sequence> = []
        var cursor = again.cursor(from: Sequence(1), .forward)
        while let batch = try cursor.next() {
            for index in 0..<batch.count { there.insert(batch.firstSequence + index) }
        }
        let gone = (1...oracle.events.count).map { Sequence(UInt64($0)) }
            .filter { oracle[$0].organization == "short" && !there.contains($0) }
        #expect(gone.count > 20)
        let last = oracle.head
        #expect(try again.removed(of: Array("long".utf8), from: Sequence(1), through: last) == nil)
        // From stretch to stretch, each event of "short" is either there or in one of them.
        var position = Sequence(1)
        var stretches: [SequenceRange] = []
        while let range = try again.removed(of: Self.short, from: position, through: last) {
            #expect(range.first >= position && gone.contains(range.last), "\(range)")
            stretches.append(range)
            position = range.last.next
        }
        #expect(!stretches.isEmpty)
        for number in 1...oracle.events.count {
            let sequence = Sequence(UInt64(number))
            guard oracle[sequence].organization == "short" else { continue }
            let isGone = stretches.contains { $0.contains(sequence) }
            #expect(isGone != there.contains(sequence), "\(sequence)")
            // A stretch is found from each of its sequences, and from each before it that is near.
            let near = try again.removed(of: Self.short, from: sequence, through: sequence)
            #expect((near != nil) == isGone, "\(sequence): \(String(describing: near))")
        }
    }

    @Test("write segments without what expired, and the rest keeps its sequences", arguments: 0..<4)
    func rewrites(seed: UInt64) throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        // Some segments hold only the one or the other.
        try fill(store, &oracle, seed: seed) { [0, 0.5, 1, 0.5][$0 / 25] }
        try store.sealAll()
        let before = store.bounds
        try store.setRetention(Self.rules, now: second(100), uptime: .zero)
        try expectShown(oracle, store, at: 100)
        let report = try store.expire(now: second(100), uptime: .zero)
        #expect(report.rewritten > 3)
        #expect(report.files == 0)
        #expect(report.bytes == before.bytes - store.bounds.bytes)
        #expect(report.events == before.events - store.bounds.events)
        let dead = oracle.events.count { !isShown($0, at: 100) }
        #expect(report.events <= dead && report.events > dead * 3 / 4)
        try expectShown(oracle, store, at: 100)
        #expect(try store.expire(now: second(100), uptime: .zero).rewritten == 0)

        let (again, recovered) = try EventStore.test(on: disk.afterKill())
        #expect(recovered.events == store.bounds.events)
        try again.setRetention(Self.rules, now: second(100), uptime: .zero)
        try expectShown(oracle, again, at: 100, "after a restart")
        // What is gone stays gone, what is there comes back.
        try again.setRetention(RetentionRules(), now: second(100), uptime: .zero)
        #expect(again.bounds.oldest == Sequence(1))
        var cursor = again.cursor(from: Sequence(1), .forward)
        var left = 0
        while let batch = try cursor.next() { left += batch.count }
        #expect(left == again.bounds.events)
    }

    @Test("remove the first segments when all of their organizations' events expired")
    func removesFirst() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 5) { $0 < 50 ? 1 : 0.1 }
        try store.sealAll()
        let count = segments(disk).count
        try store.setRetention(Self.rules, now: second(100), uptime: .zero)
        let report = try store.expire(now: second(100), uptime: .zero)
        #expect(report.files >= 3)
        #expect(segments(disk).count == count - report.files)
        #expect(store.bounds.oldest > Sequence(1))
        try expectShown(oracle, store, at: 100)
        let (again, _) = try EventStore.test(on: disk.afterKill())
        try again.setRetention(Self.rules, now: second(100), uptime: .zero)
        try expectShown(oracle, again, at: 100)
    }

    @Test("leave a segment alone until a quarter of it expired")
    func deadShare() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 6) { $0 % 10 == 0 ? 1 : 0 }
        try store.sealAll()
        let before = segments(disk).map { disk.contents($0) }
        try store.setRetention(Self.rules, now: second(100), uptime: .zero)
        let report = try store.expire(now: second(100), uptime: .zero)
        #expect(report.rewritten == 0 && report.events == 0)
        #expect(segments(disk).map { disk.contents($0) } == before)
        try expectShown(oracle, store, at: 100)
    }

    @Test("look again only at segments in which something expired since")
    func reads() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 6) { $0 % 10 == 0 ? 1 : 0 }
        try store.sealAll()
        try store.setRetention(Self.rules, now: second(100), uptime: .zero)
        _ = try store.expire(now: second(100), uptime: .zero)
        let reads = disk.reads
        _ = try store.expire(now: second(100), uptime: .zero)
        #expect(disk.reads - reads <= 2, "where the age ends now")
    }

    @Test("remove nothing of what is held, nor by a clock that went back")
    func keeps() throws {
        let (store, _) = try EventStore.test(on: SimulatedDisk())
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 7) { _ in 0.5 }
        try store.sealAll()
        var held = Self.rules
        held.holds = [Self.short]
        try store.setRetention(held, now: second(100), uptime: .zero)
        #expect(try store.expire(now: second(100), uptime: .zero).events == 0)
        #expect(try oracle.difference(to: store) == nil)
        try store.setRetention(Self.rules, now: second(100), uptime: .zero)
        // Hidden by the time before, and young by the one now.
        #expect(try store.expire(now: second(15), uptime: .seconds(1)).events == 0)
        try store.setRetention(RetentionRules(), now: second(15), uptime: .seconds(1))
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("say once that a segment is damaged, keep it, and go on with the others")
    func damage() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 8) { _ in 0.5 }
        try store.sealAll()
        let path = segments(disk)[1]
        disk.overwrite(path) { $0[$0.count / 4] ^= 1 }
        let bytes = disk.contents(path)
        try store.setRetention(Self.rules, now: second(100), uptime: .zero)
        let error = #expect(throws: StoreError.self) {
            try store.expire(now: second(100), uptime: .zero)
        }
        #expect(error?.damage?.file == path)
        #expect(disk.contents(path) == bytes)
        #expect(store.bounds.events < oracle.events.count * 3 / 4)
        #expect(try store.expire(now: second(100), uptime: .zero).rewritten == 0)
        // Past every age it goes without being read.
        try store.setRetention(
            RetentionRules(standard: .seconds(10)), now: second(200), uptime: .seconds(100))
        _ = try store.expire(now: second(200), uptime: .seconds(100))
        #expect(segments(disk).isEmpty)
    }

    @Test("say it of the first segment, too, when what tells whose events it holds is damaged")
    func damagedFirst() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 8) { _ in 0.5 }
        try store.sealAll()
        let segment = try #require(store.parts.all[0].segment)
        disk.overwrite(segment.path) { $0[segment.footer[.organizations].lowerBound] ^= 1 }
        try store.setRetention(Self.rules, now: second(100), uptime: .zero)
        let error = #expect(throws: StoreError.self) {
            try store.expire(now: second(100), uptime: .zero)
        }
        #expect(error?.damage?.file == segment.path)
        #expect(store.bounds.events < oracle.events.count * 3 / 4, "the others are written anew")
        #expect(try store.expire(now: second(100), uptime: .zero).rewritten == 0)
    }

    @Test("a full disk keeps the segment, and what could be removed is")
    func fullDisk() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 9) { $0 < 25 ? 1 : 0.5 }
        try store.sealAll()
        try store.setRetention(Self.rules, now: second(100), uptime: .zero)
        let files = segments(disk).count
        // Before the first removal nothing is free, and the first few give less than a segment takes.
        disk.plan = FaultPlan(capacityBytes: 1_000)
        let error = #expect(throws: StoreError.self) {
            try store.expire(now: second(100), uptime: .zero)
        }
        #expect(error?.code == .diskFull)
        #expect(segments(disk).count < files)
        #expect(segments(disk).allSatisfy { !$0.hasSuffix(".new") })
        try expectShown(oracle, store, at: 100)
        disk.plan = .none
        #expect(try store.expire(now: second(100), uptime: .zero).rewritten > 0)
        try expectShown(oracle, store, at: 100)
    }

    @Test("a reader goes on in the file that is replaced under it")
    func readersKeepFiles() throws {
        let directory = try TemporaryDirectory()
        let (store, _) = try EventStore.open(
            .test(logBytesMax: 64 * 1024, directory: directory.path))
        var oracle = StoreOracle()
        try fill(store, &oracle, seed: 10) { _ in 0.5 }
        try fill(store, &oracle, seed: 11, from: 100) { _ in 0.5 }
        try store.sealAll()
        var cursor = store.cursor(from: Sequence(1), .forward)
        let first = try #require(try cursor.next())
        try store.setRetention(Self.rules, now: second(200), uptime: .zero)
        #expect(try store.expire(now: second(200), uptime: .zero).rewritten > 0)
        var shown = 0
        for index in 0..<first.count where isShown(oracle[first.firstSequence + index], at: 200) {
            shown += 1
        }
        var expected = first.lastSequence
        while let batch = try cursor.next() {
            #expect(batch.firstSequence > expected)
            expected = batch.lastSequence
            for index in 0..<batch.count {
                let event = oracle[batch.firstSequence + index]
                #expect(batch.withEvent(at: index) { Array($0.payload) } == event.payload)
                if isShown(event, at: 200) { shown += 1 }
            }
        }
        #expect(shown == oracle.events.count { isShown($0, at: 200) })
    }

    @Test("a kill or a failure at any step, and a power cut then, lose nothing that is shown")
    func everyStep() throws {
        let filled = SimulatedDisk()
        let (first, _) = try EventStore.test(on: filled)
        var oracle = StoreOracle()
        try fill(first, &oracle, seed: 12) { $0 < 30 ? 1 : 0.4 }
        try first.sealAll()
        first.close()

        func sweep(_ disk: SimulatedDisk) throws -> EventStore {
            let (store, _) = try EventStore.test(on: disk)
            try store.setRetention(Self.rules, now: second(100), uptime: .zero)
            _ = try store.expire(now: second(100), uptime: .zero)
            return store
        }
        let whole = filled.afterKill()
        _ = try sweep(whole)
        for step in 0..<whole.steps {
            for plan in [
                FaultPlan(killedAtStep: step), FaultPlan(failingStep: step),
                FaultPlan(failingStep: step, persists: true),
            ] {
                let disk = filled.afterKill()
                disk.plan = plan
                _ = try? sweep(disk)
                var generator = SeededGenerator(seed: UInt64(step))
                for left in [disk.afterKill(), disk.afterPowerCut(using: &generator)] {
                    let store = try sweep(left)
                    try expectShown(oracle, store, at: 100, "step \(step), \(plan)")
                    #expect(store.bounds.bytes == whole.storedBytes, "step \(step), \(plan)")
                    #expect(left.paths == whole.paths, "step \(step), \(plan)")
                }
            }
        }
    }
}

extension SimulatedDisk {
    /// Of segments and logs, without zeros at the end.
    fileprivate var storedBytes: Int {
        (segments(self) + logs(self)).reduce(0) { sum, path in
            let bytes = contents(path) ?? []
            return sum + bytes.count
                - (path.hasSuffix(".log")
                    ? bytes.reversed().prefix { $0 == 0 }.count : 0)
        }
    }
}
