import AuditModel
import TestSupport
import Testing

@testable import EventStore

/// Snapshots that no server was started on yet, and stores that were restored from one.
@Suite("Repairs of snapshots and restored stores")
struct RepairedSnapshotTests {
    private static let marker = "backup/SNAPSHOT"

    /// A snapshot of segments, closed logs and a last log.
    private func snapshot(
        seed: UInt64 = 41
    ) throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 40, using: &generator)
        for _ in 0..<2 { _ = try store.seal() }
        _ = try store.snapshot(to: "backup", now: wallClock())
        store.close()
        disk.removeFolder("data")
        let left = disk.afterKill()
        #expect(segments(left).count == 2 && logs(left).count > 2)
        return (left, oracle)
    }

    /// What a walk over all of a store meets.
    private func walk(_ store: EventStore) throws -> (seen: Set<Sequence>, told: LostRanges) {
        var seen: Set<Sequence> = []
        var told: [SequenceRange] = []
        var cursor = store.cursor(from: Sequence(1), .forward)
        while true {
            do throws(StoreError) {
                guard let batch = try cursor.next() else { break }
                for index in 0..<batch.count { seen.insert(batch.firstSequence + index) }
            } catch {
                told.append(try #require(error.damage).sequences)
            }
        }
        return (seen, LostRanges(told))
    }

    private func sequences(_ range: ClosedRange<UInt64>) -> Set<Sequence> {
        Set(range.map { Sequence($0) })
    }

    /// Starts a repaired snapshot: it has all that was not named, and goes on behind all that was given.
    private func expectStarts(
        _ disk: SimulatedDisk, _ oracle: StoreOracle, lost: [SequenceRange], _ what: String = ""
    ) throws {
        let again = try StoreRepair.test(on: disk.afterKill(), in: "backup").run()
        #expect(again.findings.isEmpty, "\(what): \(again.findings)")
        let (store, report) = try EventStore.test(on: disk, in: "backup", at: wallClock(60))
        let restoration = try #require(report.restoration, "\(what)")
        #expect(restoration.head >= oracle.head, "\(what)")
        #expect(store.nextSequence > oracle.head, "\(what)")
        let (seen, told) = try walk(store)
        let missing = sequences(1...oracle.head.rawValue).subtracting(seen)
        let named = missing.allSatisfy { sequence in lost.contains { $0.contains(sequence) } }
        #expect(named, "\(what)")
        #expect(told == LostRanges(lost), "\(what)")
        #expect(disk.contents(Self.marker) == nil, "\(what)")
    }

    @Test("write the marker of a repaired snapshot anew, and a server starts on it")
    func damaged() throws {
        let (disk, oracle) = try snapshot()
        let before = try SnapshotMarker(#require(disk.contents(Self.marker)))
        disk.overwrite(segments(disk)[1]) { $0[$0.count / 3] ^= 1 }
        disk.overwrite(logs(disk)[1]) { $0[300] ^= 1 }
        let report = try StoreRepair.test(on: disk, in: "backup").run()
        #expect(report.lost.count == 2)
        let after = try SnapshotMarker(#require(disk.contents(Self.marker)))
        #expect(after.createdAt == before.createdAt)
        #expect(after.content?.head == before.content?.head)
        #expect(after.content?.events == report.events)
        try expectStarts(disk, oracle, lost: report.lost)
    }

    @Test("name what is missing of a copy that is not all of its snapshot")
    func incomplete() throws {
        let (disk, oracle) = try snapshot()
        let files = segments(disk) + logs(disk)
        func first(_ number: Int) -> Sequence {
            Sequence(UInt64(files[number].split(separator: "/").last!.prefix(20))!)
        }
        let noFirst = disk.afterKill()
        try noFirst.remove(files[0])
        let report = try StoreRepair.test(on: noFirst, in: "backup").run()
        #expect(report.lost == [SequenceRange(first: Sequence(1), last: first(1).previous)])
        try expectStarts(noFirst, oracle, lost: report.lost)
        let cut = disk.afterKill()
        cut.overwrite(files[files.count - 1]) { $0.removeLast($0.count / 2) }
        let end = try StoreRepair.test(on: cut, in: "backup").run()
        #expect(end.lost.last?.last == oracle.head)
        try expectStarts(cut, oracle, lost: end.lost)
        let noLast = disk.afterKill()
        try noLast.remove(files[files.count - 1])
        let short = try StoreRepair.test(on: noLast, in: "backup").run()
        #expect(
            short.lost == [SequenceRange(first: first(files.count - 1), last: oracle.head)])
        try expectStarts(noLast, oracle, lost: short.lost)
    }

    @Test("come to the same end after a kill or a failure at any step")
    func everyStep() throws {
        let (disk, oracle) = try snapshot()
        disk.overwrite(segments(disk)[0]) { $0[$0.count / 3] ^= 1 }
        disk.overwrite(logs(disk)[0]) { $0[300] ^= 1 }
        let whole = disk.afterKill()
        let report = try StoreRepair.test(on: whole, in: "backup").run()
        for step in 0..<whole.steps {
            for plan in [FaultPlan(killedAtStep: step), FaultPlan(failingStep: step, number: 28)] {
                let killed = disk.afterKill()
                killed.plan = plan
                do throws(StoreError) {
                    _ = try StoreRepair.test(on: killed, in: "backup").run()
                } catch {
                    let isBegun = killed.paths.contains { $0.hasSuffix("/REPORT") }
                    let namesFolder = error.message.contains("backup/damaged-T")
                    #expect(namesFolder || !isBegun, "step \(step): \(error.message)")
                }
                let left = killed.afterKill()
                _ = try StoreRepair.test(on: left, in: "backup").run()
                try expectStarts(left, oracle, lost: report.lost, "step \(step)")
            }
        }
    }

    @Test("refuse a marker that is unfinished or damaged, and change nothing")
    func refused() throws {
        let (disk, _) = try snapshot()
        for text in [SnapshotMarker(createdAt: wallClock()).text, [1, 2, 3]] {
            let refused = disk.afterKill()
            refused.overwrite(segments(refused)[0]) { $0[$0.count / 3] ^= 1 }
            refused.overwrite(Self.marker) { $0 = text }
            let before = refused.paths
            let error = #expect(throws: StoreError.self) {
                try StoreRepair.test(on: refused, in: "backup").run()
            }
            #expect(error?.code == .snapshotRefused)
            #expect(Set(refused.paths) == Set(before + ["backup/LOCK"]))
        }
    }

    @Test("keep what was skipped when nothing is left of the log that says it", arguments: [64, 0])
    func skipped(from start: Int) throws {
        let (disk, oracle) = try snapshot()
        var generator = SeededGenerator(seed: 42)
        let (store, restored) = try EventStore.test(on: disk, in: "backup", at: wallClock(60))
        let skipped = try #require(restored.restoration?.skipped)
        var after = oracle
        after.skip(skipped)
        try fill(store, &after, frames: 40, startingAt: 50, using: &generator)
        let head = store.bounds.head
        store.close()
        let left = disk.afterKill()
        let log = try #require(logs(left).first { $0.hasSuffix(LogName.of(skipped.last.next)) })
        left.overwrite(log) { for offset in start..<$0.count { $0[offset] = 0xEE } }
        let report = try StoreRepair.test(on: left, in: "backup").run()
        #expect(report.lost.count == 1 && report.lost[0].first == skipped.last.next)
        #expect(report.lost[0].last < head)
        let (again, _) = try EventStore.test(on: left, in: "backup", at: wallClock(60))
        #expect(again.skipped(atOrAfter: Sequence(1)) == skipped)
        let (seen, told) = try walk(again)
        #expect(told.ranges == report.lost)
        #expect(seen.isSuperset(of: sequences(1...oracle.head.rawValue)))
        #expect(again.nextSequence == head.next)
        again.close()
        #expect(try StoreRepair.test(on: left, in: "backup").run().findings.isEmpty)
    }
}
