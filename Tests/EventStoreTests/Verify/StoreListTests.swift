import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Verifying the lists of a store")
struct StoreListTests {
    private func lists(
        _ disk: SimulatedDisk, in directory: String = "data"
    ) throws -> [StoreFileReport] {
        var reports: [StoreFileReport] = []
        try StoreVerifier(
            directory: directory, terms: ModelEvent.extractor, fileSystem: disk
        ).run(.everything) { if $0.kind == .lost || $0.kind == .snapshot { reports.append($0) } }
        return reports
    }

    private func filled() throws -> (disk: SimulatedDisk, store: EventStore) {
        var generator = SeededGenerator(seed: 81)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 30, using: &generator)
        _ = try store.seal()
        return (disk, store)
    }

    @Test("says what LOST names, and that it has changed wherever a bit did")
    func lost() throws {
        let (disk, store) = try filled()
        #expect(try lists(disk).isEmpty)
        store.close()
        let left = disk.afterKill()
        left.overwrite(logs(left)[0]) { $0[300] ^= 1 }
        let report = try StoreRepair.test(on: left).run()
        let whole = try #require(try lists(left).first)
        #expect(whole.kind == .lost && whole.path == "data/LOST" && whole.findings.isEmpty)
        #expect(whole.lostRanges == report.lost)
        #expect(whole.bytes == left.contents("data/LOST")?.count)
        for offset in 0..<whole.bytes {
            let flipped = left.afterKill()
            flipped.overwrite("data/LOST") { $0[offset] ^= 1 }
            #expect(try lists(flipped).first?.findings.count == 1, "byte \(offset)")
        }
        left.spoil("data/LOST", 0..<1)
        #expect(try lists(left).first?.findings.count == 1)
    }

    @Test("says when a snapshot was made, and that it has changed wherever a bit did")
    func snapshot() throws {
        let (disk, store) = try filled()
        _ = try store.snapshot(to: "backup", now: wallClock())
        let whole = try #require(try lists(disk, in: "backup").first)
        #expect(whole.kind == .snapshot && whole.path == "backup/SNAPSHOT")
        #expect(whole.findings.isEmpty && whole.snapshot?.createdAt == wallClock())
        for offset in 0..<whole.bytes {
            let flipped = disk.afterKill()
            flipped.overwrite(whole.path) { $0[offset] ^= 1 }
            #expect(try lists(flipped, in: "backup").first?.findings.count == 1, "byte \(offset)")
        }
    }

    @Test("says of a snapshot that it is not finished, or that files of it are missing")
    func notAll() throws {
        let (disk, store) = try filled()
        _ = try store.snapshot(to: "backup", now: wallClock())
        let missing = disk.afterKill()
        try missing.remove(try #require(missing.paths.first { $0.hasSuffix(".segment") }))
        let error = try lists(missing, in: "backup").first?.findings.first
        #expect(error?.message.contains("is not all of its snapshot") ?? false)
        disk.overwrite("backup/SNAPSHOT") { $0 = SnapshotMarker(createdAt: wallClock()).text }
        let unfinished = try lists(disk, in: "backup").first?.findings.first
        #expect(unfinished?.message.contains("not finished") ?? false)
    }
}
