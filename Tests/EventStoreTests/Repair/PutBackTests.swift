import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Logs that are put back from a backup after a repair")
struct PutBackTests {
    /// Segments, closed logs and a last log.
    private func filled() throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: 71)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 40, using: &generator)
        _ = try store.seal()
        store.close()
        return (disk.afterKill(), oracle)
    }

    /// The disk after a repair of one log, and the bytes that log had before it was damaged.
    private func repaired(
        _ damage: (inout [UInt8]) -> Void
    ) throws -> (disk: SimulatedDisk, oracle: StoreOracle, path: String, log: [UInt8]) {
        let (disk, oracle) = try filled()
        let path = logs(disk)[1]
        let log = try #require(disk.contents(path))
        disk.overwrite(path, damage)
        #expect(try StoreRepair.test(on: disk).run().lost.count == 1)
        #expect(disk.contents(path) == nil)
        return (disk, oracle, path, log)
    }

    private func put(_ bytes: [UInt8], at path: String, on disk: SimulatedDisk) throws {
        _ = try disk.open(path, create: true)
        disk.overwrite(path) { $0 = bytes }
    }

    /// Everything but a byte behind the header, or all of the file.
    private static let damages: [@Sendable (inout [UInt8]) -> Void] = [
        { $0[300] ^= 1 }, { bytes in for offset in bytes.indices { bytes[offset] = 7 } },
    ]

    @Test(
        "stop a start, which changes nothing and names the repair that takes them", arguments: 0..<2
    )
    func start(damage: Int) throws {
        let (disk, _, path, log) = try repaired(Self.damages[damage])
        try put(log, at: path, on: disk)
        let before = disk.paths.map { disk.contents($0) }
        let error = #expect(throws: StoreError.self) { try EventStore.test(on: disk) }
        #expect(error?.code == .damaged && error?.damage?.file == path)
        #expect(error?.message.contains("store repair") ?? false)
        #expect(disk.paths.map { disk.contents($0) } == before)
        var wrong: [String] = []
        try StoreVerifier(directory: "data", terms: ModelEvent.extractor, fileSystem: disk)
            .run(.everything) { if !$0.findings.isEmpty { wrong.append($0.path) } }
        #expect(wrong == [path])
    }

    @Test("are taken by the next repair, and nothing is lost any more", arguments: 0..<2)
    func taken(damage: Int) throws {
        let (disk, oracle, path, log) = try repaired(Self.damages[damage])
        try put(log, at: path, on: disk)
        let report = try StoreRepair.test(on: disk).run()
        #expect(report.findings.count == 1 && report.lost.isEmpty)
        #expect(LostRanges(text: try #require(disk.contents("data/LOST"))) == LostRanges())
        try expectSound(disk, oracle, lost: [])
    }

    @Test("of an older backup, give what they have")
    func older() throws {
        let (disk, oracle, path, log) = try repaired(Self.damages[1])
        try put(Array(log[..<(log.count / 2)]), at: path, on: disk)
        let report = try StoreRepair.test(on: disk).run()
        let lost = try #require(report.lost.last)
        let first = UInt64(path.split(separator: "/").last!.prefix(20))!
        #expect(lost.first > Sequence(first) && lost.last < oracle.head)
        try expectSound(disk, oracle, lost: report.lost)
    }

    @Test("of which each has what the other has not are left to a person")
    func undecided() throws {
        let (disk, _, path, log) = try repaired(Self.damages[0])
        try put(Array(log[..<700]), at: path, on: disk)
        let before = disk.paths.map { disk.contents($0) }
        let error = #expect(throws: StoreError.self) { try StoreRepair.test(on: disk).run() }
        #expect(error?.message.contains("out of the folder") ?? false)
        #expect(disk.paths.map { disk.contents($0) }.dropFirst() == before.dropFirst(), "but LOCK")
    }

    @Test("in the midst of what one segment stands for are taken once that is moved away")
    func inTheMidst() throws {
        let (disk, oracle) = try filled()
        let paths = Array(logs(disk)[0..<3])
        let log = try #require(disk.contents(paths[1]))
        for path in paths { try disk.remove(path) }
        #expect(try StoreRepair.test(on: disk).run().lost.count == 1)
        try put(log, at: paths[1], on: disk)
        #expect(throws: StoreError.self) { try EventStore.test(on: disk) }
        let error = #expect(throws: StoreError.self) { try StoreRepair.test(on: disk).run() }
        #expect(error?.message.contains("out of the folder") ?? false)
        try disk.remove(segments(disk)[1])
        let report = try StoreRepair.test(on: disk).run()
        #expect(report.lost.count == 2, "before it and behind it")
        try expectSound(disk, oracle, lost: report.lost)
    }

    @Test("are taken after a kill at any step, too")
    func everyStep() throws {
        let (disk, oracle, path, log) = try repaired(Self.damages[1])
        try put(log, at: path, on: disk)
        let whole = disk.afterKill()
        _ = try StoreRepair.test(on: whole).run()
        for step in 0..<whole.steps {
            let killed = disk.afterKill()
            killed.plan = FaultPlan(killedAtStep: step)
            _ = try? StoreRepair.test(on: killed).run()
            let left = killed.afterKill()
            if let (store, _) = try? EventStore.test(on: left.afterKill()) {
                let difference = try repairDifference(store, oracle, lost: [])
                #expect(difference == nil, "step \(step), started")
            }
            _ = try StoreRepair.test(on: left).run()
            try expectSound(left, oracle, lost: [], "step \(step)")
        }
    }
}
