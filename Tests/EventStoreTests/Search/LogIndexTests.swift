import AuditModel
import Synchronization
import TestSupport
import Testing

@testable import EventStore

@Suite("The index of a log")
struct LogIndexTests {
    private func store(
        _ seed: UInt64, frames: Int = 80
    ) throws -> (store: EventStore, oracle: StoreOracle, disk: SimulatedDisk) {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        var oracle = StoreOracle()
        let (store, _) = try EventStore.test(on: disk)
        try fill(store, &oracle, frames: frames, using: &generator)
        return (store, oracle, disk)
    }

    /// What is wrong with a view of a store that holds these events; nil when nothing is.
    private func difference(_ view: SearchView, _ store: EventStore, _ oracle: StoreOracle) throws
        -> String?
    {
        var next = Sequence(1)
        var reader = EventReader(store)
        for part in view.parts {
            guard part.sequences.first == next else { return "a hole before \(part.sequences)" }
            next = part.sequences.last.next
            let rows = part.rows(of: part.sequences)
            if let index = part.index {
                guard try index.rows().intersection(rows).count == rows.count else {
                    return "rows of \(part.sequences)"
                }
            }
            for row in rows {
                let sequence = part.sequence(of: row)
                let isSame = try reader.withEvent(sequence, of: part) {
                    $0.sequence == sequence && $0.payload.elementsEqual(oracle[sequence].payload)
                }
                guard isSame == true else { return "event \(sequence)" }
            }
        }
        return next == oracle.head.next ? nil : "it ends before \(next)"
    }

    @Test("follows what is committed, over logs, and is made anew after a restart")
    func follows() throws {
        let (store, oracle, disk) = try store(1)
        #expect(store.unindexedEvents == oracle.events.count)
        store.indexLogs()
        #expect(store.unindexedEvents == 0)
        let view = store.searchView()
        #expect(view.parts.count == logs(disk).count && view.parts.allSatisfy { $0.index != nil })
        #expect(try difference(view, store, oracle) == nil)

        let (again, _) = try EventStore.test(on: disk.afterKill())
        #expect(again.unindexedEvents == oracle.events.count)
        #expect(try difference(again.searchView(), again, oracle) == nil)
        #expect(again.unindexedEvents == 0, "a search indexes what is little")
    }

    @Test("a search leaves much to the thread that indexes, and walks it")
    func leavesMuch() throws {
        let disk = SimulatedDisk()
        var oracle = StoreOracle()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 1 << 20)
        var generator = SeededGenerator(seed: 2)
        let few = StoreOracle.Stored.random(count: 10, using: &generator, payloadBytesMax: 20)
        oracle.add(try store.store(few, now: second(0)))
        #expect(store.searchView().parts.map { $0.index != nil } == [true])
        let many = StoreOracle.Stored.random(
            count: Limits.indexedBySearchMax + 1, using: &generator, payloadBytesMax: 20)
        oracle.add(try store.store(many, now: second(1)))
        let view = store.searchView()
        #expect(view.parts.map { $0.index != nil } == [true, false])
        #expect(view.parts.map(\.sequences.first) == [Sequence(1), Sequence(11)])
        #expect(try difference(view, store, oracle) == nil)
        store.indexLogs()
        #expect(store.searchView().parts.map { $0.index != nil } == [true])
    }

    @Test("ends at a frame that cannot be read; what is behind it is walked")
    func damagedFrame() throws {
        let (store, oracle, disk) = try store(3)
        let path = logs(disk)[1]
        let log = try #require(store.parts.all.compactMap(\.log).first { $0.path == path })
        // The last frame of the log.
        disk.overwrite(path) { $0[log.extent.end - 30] ^= 1 }
        store.indexLogs()
        #expect(store.unindexedEvents == 0, "nothing is tried again and again")
        let view = store.searchView()
        let parts = view.parts.filter { part in
            part.sequences.first >= log.header.firstSequence
                && part.sequences.last <= log.extent.lastSequence
        }
        #expect(parts.map { $0.index != nil } == [true, false])
        var reader = EventReader(store)
        let lost = try #require(parts.last?.sequences)
        #expect { try reader.withEvent(lost.first, of: parts[1]) { _ in } } throws: {
            ($0 as? StoreError)?.damage?.sequences == lost
        }
        let before = lost.first.previous
        let payload = try reader.withEvent(before, of: parts[0]) { Array($0.payload) }
        #expect(payload == oracle[before].payload, "the reader goes on")
    }

    @Test("is let go when the indexes take too much memory")
    func memory() throws {
        let (store, oracle, _) = try store(4)
        let all = store.parts.all.compactMap(\.log)
        all[0].index.follow(all[0], terms: store.configuration.terms, bytesMax: 1) { true }
        #expect(!all[0].index.goesOn && all[0].index.residentBytes > 0)
        store.indexLogs()
        all[1].index.letGo()
        #expect(all[1].index.residentBytes == 0 && all[1].index.indexed == nil)
        store.indexLogs()
        #expect(all[1].index.indexed == nil, "it is not made again")
        #expect(try difference(store.searchView(), store, oracle) == nil)
    }

    @Test("a view is the same before and after its logs were sealed")
    func sealed() throws {
        let (store, oracle, disk) = try store(7)
        store.indexLogs()
        let before = store.searchView()
        while try store.seal() != nil {}
        let after = store.searchView()
        #expect(logs(disk).count == 1 && after.parts.count == before.parts.count)
        #expect(after.parts.allSatisfy { $0.index != nil })
        #expect(try difference(before, store, oracle) == nil)
        #expect(try difference(after, store, oracle) == nil)
        #expect(store.unindexedEvents == 0)
    }

    @Test("a view can be read after retention took its files")
    func viewOutlivesFiles() throws {
        var generator = SeededGenerator(seed: 5)
        let disk = SimulatedDisk()
        var oracle = StoreOracle()
        let (store, _) = try EventStore.test(on: disk, retention: .seconds(1000))
        try fill(store, &oracle, frames: 40, using: &generator)
        let view = store.searchView()
        let report = try store.expire(now: second(5000), uptime: .seconds(5000))
        #expect(report.events == oracle.events.count)
        #expect(store.searchView().parts.isEmpty)
        #expect(try difference(view, store, oracle) == nil)
    }

    @Test("views are whole while events are stored and indexed")
    func concurrent() async throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 32 * 1024)
        let shared = Shared()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var generator = SeededGenerator(seed: 6)
                for frame in 0..<400 {
                    let events = StoreOracle.Stored.random(count: 5, using: &generator)
                    // Readers must find in the model what they see in the store.
                    try shared.oracle.withLock {
                        $0.add(try store.store(events, now: second(frame)))
                    }
                }
                shared.isDone.store(true, ordering: .relaxed)
            }
            group.addTask {
                while !shared.isDone.load(ordering: .relaxed) {
                    store.indexLogs()
                    await Task.yield()
                }
            }
            group.addTask { () async throws in
                var views = 0
                while !shared.isDone.load(ordering: .relaxed) || views == 0 {
                    let (view, model) = shared.oracle.withLock { (store.searchView(), $0) }
                    try #expect(self.difference(view, store, model) == nil)
                    views += 1
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        #expect(try difference(store.searchView(), store, shared.oracle.withLock { $0 }) == nil)
    }

    /// What the tasks of a test have in common.
    private final class Shared: Sendable {
        let oracle = Mutex(StoreOracle())
        let isDone = Atomic<Bool>(false)
    }
}
