import AuditModel
import TestSupport
import Testing

@testable import EventStore

/// A store that was a snapshot: reads, seals, sweeps and starts over the sequences that it skipped.
@Suite("Restored stores")
struct RestoredStoreTests {
    /// Some events, the skipped sequences, and some more.
    private func restored(
        _ disk: SimulatedDisk, seed: UInt64, eventsBefore: Int = 20
    ) throws -> (store: EventStore, oracle: StoreOracle, skipped: SequenceRange) {
        var generator = SeededGenerator(seed: seed)
        var oracle = StoreOracle()
        let (original, _) = try EventStore.test(on: disk, in: "data")
        try fill(original, &oracle, frames: eventsBefore, using: &generator)
        _ = try original.snapshot(to: "backup", now: wallClock())
        var lost = StoreOracle()
        lost = oracle
        try fill(original, &lost, frames: 3, startingAt: 40, using: &generator)
        original.close()
        let (store, report) = try EventStore.test(on: disk, in: "backup")
        let skipped = try #require(report.restoration?.skipped)
        #expect(skipped.first == oracle.head.next && skipped.last > lost.head)
        oracle.skip(skipped)
        try fill(store, &oracle, frames: 20, startingAt: 50, using: &generator)
        return (store, oracle, skipped)
    }

    private func expectWhole(
        _ store: EventStore, _ oracle: StoreOracle, _ skipped: SequenceRange, _ what: String
    ) throws {
        #expect(try oracle.difference(to: store) == nil, "\(what)")
        #expect(store.bounds.events == oracle.events.count, "\(what)")
        #expect(store.skipped(atOrAfter: Sequence(1)) == skipped, "\(what)")
        #expect(store.skipped(atOrAfter: skipped.last) == skipped, "\(what)")
        #expect(store.skipped(atOrAfter: skipped.last.next) == nil, "\(what)")
        let middle = Sequence((skipped.first.rawValue + skipped.last.rawValue) / 2)
        for start in [skipped.first, middle, skipped.last] {
            #expect(try store.read(start) == nil, "\(what)")
            var forward = store.cursor(from: start, .forward)
            #expect(try forward.next()?.firstSequence == skipped.last.next, "\(what)")
            var backward = store.cursor(from: start, .backward)
            #expect(try backward.next()?.lastSequence == skipped.first.previous, "\(what)")
        }
        let parts = store.searchView().parts
        let held = parts.reduce(0) {
            $0 + Int($1.sequences.last.rawValue - $1.sequences.first.rawValue) + 1
        }
        #expect(held == oracle.events.count, "\(what): a search looks at what is there")
    }

    @Test("read and start again the same, as logs and as segments, swept or not")
    func lives() throws {
        let disk = SimulatedDisk()
        let (store, oracle, skipped) = try restored(disk, seed: 21)
        try expectWhole(store, oracle, skipped, "logs")
        try store.sealAll()
        try expectWhole(store, oracle, skipped, "segments")
        store.close()
        let (again, report) = try EventStore.test(on: disk.afterKill(), in: "backup")
        #expect(report.restoration == nil && report.events == oracle.events.count)
        try expectWhole(again, oracle, skipped, "after a start")
        var files: [StoreFileReport] = []
        let verifier = StoreVerifier(
            directory: "backup", terms: ModelEvent.extractor, fileSystem: disk)
        try verifier.run(.everything) { files.append($0) }
        #expect(files.allSatisfy { $0.findings.isEmpty })
        #expect(files.compactMap { $0.skipped } == [skipped])
    }

    @Test("keep what was skipped exact when segments around it are written anew or go")
    func sweeps() throws {
        let disk = SimulatedDisk()
        let (store, oracle, skipped) = try restored(disk, seed: 22)
        try store.sealAll()
        var rules = RetentionRules()
        rules.ages[Array("acme".utf8)] = .seconds(4)
        rules.ages[Array("globex".utf8)] = .seconds(4)
        try store.setRetention(rules, now: second(69), uptime: .zero)
        #expect(try store.expire(now: second(69), uptime: .zero).rewritten > 2)
        func showing(_ sequence: Sequence) -> StoreOracle.Showing {
            let event = oracle[sequence]
            let isShort = ["acme", "globex"].contains(event.organization)
            return isShort && event.recordedAt < second(65) ? .hidden : .shown
        }
        #expect(try oracle.difference(to: store, showing: showing) == nil)
        #expect(store.skipped(atOrAfter: Sequence(1)) == skipped)
        store.close()
        let (again, _) = try EventStore.test(on: disk.afterKill(), in: "backup")
        #expect(again.skipped(atOrAfter: Sequence(1)) == skipped)
        // All before it goes, then what is behind it.
        try again.setRetention(
            RetentionRules(standard: .seconds(25)), now: second(70), uptime: .zero)
        _ = try again.expire(now: second(70), uptime: .zero)
        #expect(again.bounds.oldest == skipped.last.next)
        #expect(again.skipped(atOrAfter: Sequence(1)) == skipped)
        #expect(
            again.bounds.events == again.searchView().parts.reduce(0) {
                $0 + Int($1.sequences.last.rawValue - $1.sequences.first.rawValue) + 1
            } - again.parts.missingEvents)
        again.hideExpired(now: second(200), uptime: .seconds(200))
        _ = try again.expire(now: second(200), uptime: .seconds(200))
        #expect(again.bounds.events == 0 && again.bounds.oldest == oracle.head.next)
        #expect(again.nextSequence == oracle.head.next)
    }

    @Test("are refused when a file on either side of what was skipped is missing")
    func missing() throws {
        let disk = SimulatedDisk()
        let (store, _, skipped) = try restored(disk, seed: 23)
        try store.sealAll()
        store.close()
        let parts = store.parts.all
        let behind = try #require(parts.firstIndex { $0.firstSequence > skipped.last })
        for (victim, first, last) in [
            (behind - 1, parts[behind - 1].firstSequence, skipped.first.previous),
            (behind, skipped.first, parts[behind].lastSequence),
        ] {
            let crashed = disk.afterKill()
            try crashed.remove(parts[victim].path)
            let error = #expect(throws: StoreError.self) {
                try EventStore.test(on: crashed, in: "backup")
            }
            #expect(
                error?.damage?.sequences == SequenceRange(first: first, last: last), "\(error!)")
        }
    }

    @Test("can be backed up and restored again, from any of their snapshots")
    func generations() throws {
        let disk = SimulatedDisk()
        var (store, oracle, skipped) = try restored(disk, seed: 24)
        var ranges = [skipped]
        var given = oracle.head
        for generation in 1...4 {
            _ = try store.snapshot(to: "next", now: wallClock(generation * 7200))
            var generator = SeededGenerator(seed: UInt64(generation))
            var lost = oracle
            try fill(store, &lost, frames: 2, startingAt: 100 * generation, using: &generator)
            given = max(given, lost.head)
            store.close()
            disk.moveFolder("next", to: "backup")
            // The same snapshot twice: the first store that is restored from it gives out sequences too.
            let copy = disk.afterKill()
            var (first, report) = try EventStore.test(
                on: copy, in: "backup", at: wallClock(generation * 7200 + 60))
            try fill(first, &lost, frames: 2, startingAt: 100 * generation, using: &generator)
            given = max(given, first.bounds.head)
            first.close()
            (store, report) = try EventStore.test(
                on: disk, in: "backup", at: wallClock(generation * 7200 + 61))
            let next = try #require(report.restoration?.skipped)
            #expect(next.last >= given, "generation \(generation)")
            #expect(next.first == oracle.head.next)
            oracle.skip(next)
            ranges.append(next)
            try fill(
                store, &oracle, frames: 5, startingAt: 100 * generation + 50, using: &generator)
            if generation % 2 == 0 { try store.sealAll() }
            #expect(try oracle.difference(to: store) == nil)
            #expect(store.parts.skipped == ranges)
            #expect(store.bounds.events == oracle.events.count)
        }
    }

    @Test("that have stored nothing yet can be backed up too")
    func unused() throws {
        let disk = SimulatedDisk()
        var generator = SeededGenerator(seed: 25)
        var oracle = StoreOracle()
        let (original, _) = try EventStore.test(on: disk, in: "data")
        try fill(original, &oracle, frames: 8, using: &generator)
        _ = try original.snapshot(to: "backup", now: wallClock())
        let (store, first) = try EventStore.test(on: disk, in: "backup")
        _ = try store.snapshot(to: "next", now: wallClock(7200))
        let (again, second) = try EventStore.test(on: disk, in: "next", at: wallClock(9000))
        let skipped = try #require(second.restoration?.skipped)
        #expect(skipped.first == oracle.head.next)
        #expect(skipped.last > first.restoration!.next)
        oracle.skip(skipped)
        #expect(try oracle.difference(to: again) == nil)
        #expect(again.parts.skipped == [skipped])
    }
}
