import AuditModel
import TestSupport
import Testing

@testable import EventStore

/// A moment at which sequences by the clock are above those of the tests.
func wallClock(_ seconds: Int = 0) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: Limits.clockSequenceEpoch)
        .advanced(by: .seconds(30_000_000 + seconds))
}

extension EventStore {
    /// Opens a folder as a server does.
    static func test(
        on disk: SimulatedDisk, in directory: String, at now: Timestamp = wallClock(3600)
    ) throws(StoreError) -> (store: EventStore, report: RecoveryReport) {
        var configuration = StoreConfiguration.test(logBytesMax: 4096, directory: directory)
        configuration.openedAt = now
        return try open(configuration, fileSystem: disk)
    }
}

@Suite("Snapshots")
struct SnapshotTests {
    /// A store of segments, closed logs and a log that is being written.
    private func filled(
        _ disk: SimulatedDisk, seed: UInt64
    ) throws -> (store: EventStore, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: seed)
        var oracle = StoreOracle()
        let (store, _) = try EventStore.test(on: disk, in: "data")
        try fill(store, &oracle, frames: 48, using: &generator)
        for _ in 0..<3 { _ = try store.seal() }
        #expect(store.parts.segmentCount == 3 && store.parts.all.count > 4)
        return (store, oracle)
    }

    /// What the oracle has, behind a start of the snapshot.
    private func expectRestored(
        _ disk: SimulatedDisk, _ oracle: StoreOracle, at now: Timestamp = wallClock(3600)
    ) throws -> EventStore {
        var oracle = oracle
        let (store, report) = try EventStore.test(on: disk, in: "backup", at: now)
        let restoration = try #require(report.restoration)
        #expect(restoration.head == oracle.head && restoration.next > oracle.head.next)
        oracle.skip(restoration.skipped)
        #expect(try oracle.difference(to: store) == nil)
        #expect(store.bounds.events == oracle.events.count)
        #expect(!disk.paths.contains("backup/SNAPSHOT"))
        return store
    }

    @Test("share what is not written any more, and copy the log that is", arguments: [true, false])
    func content(canLink: Bool) throws {
        let disk = SimulatedDisk()
        let (store, oracle) = try filled(disk, seed: 1)
        disk.overwrite("data/none") { _ in }
        try disk.replace("data/policies.json", with: Array("{}".utf8))
        try disk.replace("data/tokens.json", with: Array("[]".utf8))
        disk.plan.refusesLinks = !canLink
        let parts = store.parts.all
        let report = try store.snapshot(to: "backup/", now: wallClock())
        #expect(report.head == oracle.head && report.first == Sequence(1))
        #expect(report.events == oracle.events.count && report.files == parts.count)
        #expect(report.bytes == parts.reduce(0) { $0 + $1.bytes })
        // The policies and the tokens are copied always.
        #expect(report.linkedFiles == (canLink ? parts.count - 1 : 0))
        #expect(report.copiedFiles == (canLink ? 3 : parts.count + 2))
        #expect(disk.contents("backup/policies.json") == Array("{}".utf8))
        #expect(disk.contents("backup/tokens.json") == Array("[]".utf8))
        for part in parts.dropLast() {
            let copy = part.path.replacing("data/", with: "backup/")
            #expect(disk.contents(copy) == disk.contents(part.path))
        }
        // The zeros ahead of the log stay behind.
        let log = store.parts.active
        let copy = try #require(disk.contents(log.path.replacing("data/", with: "backup/")))
        #expect(copy == Array(try #require(disk.contents(log.path)).prefix(log.extent.end)))
        #expect(disk.paths.allSatisfy { !$0.hasSuffix(".new") })
        // Power is cut the moment it was said to be done.
        var generator = SeededGenerator(seed: 2)
        _ = try expectRestored(disk.afterPowerCut(using: &generator), oracle)
    }

    @Test("stay what they are whatever becomes of the store, and the store goes on")
    func independent() throws {
        let disk = SimulatedDisk()
        var generator = SeededGenerator(seed: 3)
        let (store, before) = try filled(disk, seed: 4)
        _ = try store.snapshot(to: "backup", now: wallClock())
        var oracle = before
        try fill(store, &oracle, frames: 20, startingAt: 50, using: &generator)
        try store.sealAll()
        try store.setRetention(
            RetentionRules(standard: .seconds(25)), now: second(80), uptime: .zero)
        #expect(try store.expire(now: second(80), uptime: .zero).files > 3)
        store.close()
        let restored = try expectRestored(disk.afterKill(), before)
        #expect(restored.nextSequence > oracle.head.next)
    }

    @Test("hold all of an empty store, and of one that retention has emptied")
    func empty() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, in: "data")
        var report = try store.snapshot(to: "backup", now: wallClock())
        #expect(report.head == .zero && report.events == 0 && report.files == 1)
        let restored = try expectRestored(disk.afterKill(), StoreOracle())
        #expect(restored.bounds.oldest == restored.nextSequence)
        restored.close()

        let other = SimulatedDisk()
        let (full, oracle) = try filled(other, seed: 5)
        try full.sealAll()
        try full.setRetention(
            RetentionRules(standard: .seconds(5)), now: second(90), uptime: .zero)
        _ = try full.expire(now: second(90), uptime: .zero)
        #expect(full.parts.all.count == 1)
        report = try full.snapshot(to: "backup", now: wallClock())
        #expect(report.head == oracle.head && report.events == 0)
        let (again, opened) = try EventStore.test(on: other.afterKill(), in: "backup")
        #expect(again.bounds.events == 0 && opened.restoration?.head == oracle.head)
        #expect(opened.restoration?.skipped.first == oracle.head.next)
        #expect(again.parts.all.count == 1)
    }

    @Test("are refused where they cannot be, and nothing there is touched")
    func refused() throws {
        let disk = SimulatedDisk()
        let (store, _) = try filled(disk, seed: 6)
        func refusal(_ directory: String) throws -> String {
            let before = disk.paths
            let error = #expect(throws: StoreError.self) {
                try store.snapshot(to: directory, now: wallClock())
            }
            #expect(disk.paths == before)
            #expect(error?.code == .snapshotRefused)
            return error?.message ?? ""
        }
        #expect(try refusal("nowhere/backup").contains("does not exist"))
        _ = try store.snapshot(to: "backup", now: wallClock())
        #expect(try refusal("backup").contains("holds a snapshot already"))
        _ = try disk.createDirectory("other")
        _ = try disk.open("other/file", create: true)
        #expect(try refusal("other").contains("not empty"))
        try disk.remove("other/file")
        #expect(try store.snapshot(to: "other", now: wallClock()).files > 4)
    }

    @Test(
        "leave nothing behind when the disk is full or the caller has gone",
        arguments: [true, false])
    func ended(isFull: Bool) throws {
        let disk = SimulatedDisk()
        let (store, oracle) = try filled(disk, seed: 7)
        let before = disk.paths
        var checks = 0
        if isFull { disk.plan.capacityBytes = disk.bytes + Limits.roomBytes + 500 }
        let error = #expect(throws: StoreError.self) {
            try store.snapshot(to: "backup", now: wallClock()) {
                checks += 1
                return !isFull && checks == 4
            }
        }
        #expect(error?.code == (isFull ? .diskFull : .cancelled))
        #expect(disk.paths == before)
        #expect(try disk.list(".") == ["data"])
        #expect(store.writeRefusal == nil, "recording goes on")
        disk.plan.capacityBytes = .max
        _ = try store.snapshot(to: "backup", now: wallClock())
        _ = try expectRestored(disk.afterKill(), oracle)
    }

    @Test("of a damaged store are refused, with the place", arguments: [true, false])
    func damaged(inSegment: Bool) throws {
        let disk = SimulatedDisk()
        let (store, _) = try filled(disk, seed: 8)
        let victim = store.parts.all[inSegment ? 1 : 3]
        #expect((victim.segment != nil) == inSegment)
        // Of a segment a start reads the ends.
        disk.overwrite(victim.path) { $0[$0.count - 5] ^= 1 }
        let error = #expect(throws: StoreError.self) {
            try store.snapshot(to: "backup", now: wallClock())
        }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("no snapshot was made") ?? false)
        #expect(!disk.paths.contains { $0.hasPrefix("backup") })
    }

    @Test("that are unfinished, changed or not all there are not started", arguments: 0..<6)
    func notStarted(what: Int) throws {
        let disk = SimulatedDisk()
        let (store, _) = try filled(disk, seed: 9)
        _ = try store.snapshot(to: "backup", now: wallClock())
        store.close()
        let parts = store.parts.all.map { $0.path.replacing("data/", with: "backup/") }
        let marker = "backup/SNAPSHOT"
        switch what {
        case 0: disk.overwrite(marker) { $0 = SnapshotMarker(createdAt: wallClock()).text }
        case 1: disk.overwrite(marker) { $0[30] ^= 1 }
        case 2: disk.overwrite(marker) { $0 = [] }
        case 3: try disk.remove(parts[0])
        case 4: try disk.remove(parts[parts.count - 1])
        default: disk.overwrite(marker) { $0 += [UInt8](repeating: 32, count: 5000) }
        }
        let before = disk.paths.map { disk.contents($0) }
        let error = #expect(throws: StoreError.self) {
            try EventStore.test(on: disk, in: "backup")
        }
        #expect(error?.code == .snapshotRefused)
        #expect(error?.message.contains("Nothing was changed") ?? false, "\(error!)")
        try? disk.remove("backup/LOCK")
        #expect(disk.paths.map { disk.contents($0) } == before)
    }

    @Test("cost no write of what is sealed, and one sync for each log that is copied")
    func costs() throws {
        let disk = SimulatedDisk()
        let (store, _) = try filled(disk, seed: 10)
        let (writes, syncs) = (disk.count(.write), disk.count(.synchronize))
        _ = try store.snapshot(to: "backup", now: wallClock())
        // Two markers and a log.
        #expect(disk.count(.write) - writes == 3)
        #expect(disk.count(.synchronize) - syncs == 3)
        #expect(disk.count(.link) == store.parts.all.count - 1)
    }
}
