import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Sectors that the disk does not give")
struct BadSectorTests {
    /// Segments, closed logs and a last log.
    private func filled() throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: 61)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 24, using: &generator)
        for _ in 0..<2 { _ = try store.seal() }
        store.close()
        return (disk.afterKill(), oracle)
    }

    /// The disk with one sector of a file bad, for each that holds something.
    private func eachSector(
        _ disk: SimulatedDisk, _ path: String, _ body: (SimulatedDisk, Int) throws -> Void
    ) throws {
        let bytes = try #require(disk.contents(path))
        let end = try #require(bytes.lastIndex { $0 != 0 }) + 1
        for start in stride(from: 0, to: end, by: Sector.bytes) {
            let spoiled = disk.afterKill()
            spoiled.spoil(path, start..<start + 1)
            try body(spoiled, start)
        }
    }

    @Test("are read around, with zeros in their place", arguments: 0..<50)
    func readSectors(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let size = Int.random(in: 1...20_000, using: &generator)
        let file = try disk.open("file", create: true)
        let content = (0..<size).map { _ in UInt8.random(in: 1...255, using: &generator) }
        disk.overwrite("file") { $0 = content }
        var expected = content
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let start = Int.random(in: 0..<size, using: &generator)
            let end = min(size, start + Int.random(in: 1...3_000, using: &generator))
            disk.spoil("file", start..<end)
            let bad = start / 512 * 512..<min(size, (end + 511) / 512 * 512)
            expected.replaceSubrange(bad, with: repeatElement(0, count: bad.count))
        }
        let offset = Int.random(in: 0..<size, using: &generator)
        var buffer = [UInt8](
            repeating: 7, count: Int.random(in: 1...size + 900, using: &generator))
        let read = try buffer.withUnsafeMutableBytes { bytes in
            try file.readSectors(into: bytes, at: offset)
        }
        let end = min(size, offset + buffer.count)
        #expect(read.count == end - offset)
        #expect(buffer[..<read.count].elementsEqual(expected[offset..<end]))
        // The content has no zeros of its own.
        let zeros = (offset..<end).filter { expected[$0] == 0 }
        #expect(read.unreadable.flatMap { Array($0) } == zeros)
    }

    @Test("stop a start, which names the file, the place and the repair and changes nothing")
    func start() throws {
        let (disk, _) = try filled()
        for path in logs(disk) {
            try eachSector(disk, path) { spoiled, offset in
                let before = spoiled.paths.map { spoiled.contents($0) }
                let error = #expect(throws: StoreError.self) { try EventStore.test(on: spoiled) }
                let what = "\(path), \(offset)"
                #expect(error?.code == .damaged, "\(what)")
                #expect(error?.damage?.file == path, "\(what)")
                // A frame that begins within the sector was whole up to there.
                let place = try #require(error?.damage?.offset)
                #expect((offset..<offset + Sector.bytes).contains(place), "\(what)")
                #expect(error?.message.contains("disk does not read") ?? false, "\(what)")
                #expect(error?.message.contains("auditrpc store repair") ?? false, "\(what)")
                #expect(spoiled.paths.map { spoiled.contents($0) } == before, "\(what)")
            }
        }
        for path in segments(disk) {
            let spoiled = disk.afterKill()
            spoiled.spoil(path, 0..<1)
            let error = #expect(throws: StoreError.self) { try EventStore.test(on: spoiled) }
            #expect(error?.damage?.file == path)
            #expect(error?.message.contains("auditrpc store repair") ?? false)
        }
    }

    @Test("are no torn write, nor zeros that were written ahead")
    func tail() throws {
        let (disk, _) = try filled()
        let path = try #require(logs(disk).last)
        let bytes = try #require(disk.contents(path))
        let end = try #require(bytes.lastIndex { $0 != 0 }) + 1
        let torn = disk.afterKill()
        torn.overwrite(path) { for offset in end - 90..<end { $0[offset] = 0 } }
        #expect(try EventStore.test(on: torn.afterKill()).report.tornTail != nil)
        torn.spoil(path, end - 90..<end)
        #expect(throws: StoreError.self) { try EventStore.test(on: torn) }
        let ahead = disk.afterKill()
        ahead.overwrite(path) { $0 += [UInt8](repeating: 0, count: 4096) }
        #expect(try EventStore.test(on: ahead.afterKill()).report.tornTail == nil)
        ahead.spoil(path, end + 2048..<end + 2049)
        let error = #expect(throws: StoreError.self) { try EventStore.test(on: ahead) }
        #expect(error?.damage?.offset == (end + 2048) / 512 * 512)
    }

    @Test("are repaired around, wherever they are, and cost what they hold")
    func repair() throws {
        let (disk, oracle) = try filled()
        var whole = 0
        for path in segments(disk) + logs(disk) {
            try eachSector(disk, path) { spoiled, offset in
                let what = "\(path), \(offset)"
                let report = try StoreRepair.test(on: spoiled).run()
                #expect(!report.findings.isEmpty, "\(what)")
                #expect(report.folder != nil, "\(what)")
                try expectSound(spoiled, oracle, lost: report.lost, what)
                if report.lost.isEmpty { whole += 1 }
                // The header and its salt apart, a sector is never all of a file.
                let first = UInt64(path.split(separator: "/").last!.prefix(20))!
                let saved = report.lost.allSatisfy { $0.first.rawValue != first }
                #expect(saved || offset == 0 || path.hasSuffix(".segment"), "\(what)")
            }
        }
        #expect(whole > 2, "indexes cost nothing")
    }

    @Test("are zeros in the copy of a file that cannot have a second name")
    func copied() throws {
        let (disk, oracle) = try filled()
        let path = logs(disk)[0]
        let bytes = try #require(disk.contents(path))
        disk.spoil(path, 600..<601)
        disk.plan = FaultPlan()
        disk.plan.refusesLinks = true
        let report = try StoreRepair.test(on: disk).run()
        let name = try #require(path.split(separator: "/").last)
        let kept = try #require(disk.contents("data/damaged-T/\(name)"))
        #expect(kept.count == bytes.count)
        #expect(kept[..<512] == bytes[..<512] && kept[1024...] == bytes[1024...])
        #expect(kept[512..<1024].allSatisfy { $0 == 0 })
        disk.plan = .none
        try expectSound(disk, oracle, lost: report.lost)
    }

    @Test("of the list of what was lost make a repair begin it anew")
    func list() throws {
        let (disk, _) = try filled()
        disk.overwrite(logs(disk)[0]) { $0[300] ^= 1 }
        #expect(try StoreRepair.test(on: disk).run().lost.count == 1)
        disk.spoil("data/LOST", 0..<1)
        #expect(throws: StoreError.self) { try EventStore.test(on: disk) }
        #expect(try StoreRepair.test(on: disk).run().findings.count == 1)
        _ = try EventStore.test(on: disk)
    }

    @Test("are named by a verification, each with its place")
    func verify() throws {
        let (disk, _) = try filled()
        let (segment, log) = (segments(disk)[1], logs(disk)[0])
        for offset in [0, 1024] {
            let spoiled = disk.afterKill()
            spoiled.spoil(segment, offset..<offset + 1)
            spoiled.spoil(log, offset..<offset + 1)
            var wrong: [StoreFileReport] = []
            try StoreVerifier(
                directory: "data", terms: ModelEvent.extractor, fileSystem: spoiled
            ).run(.everything) { if !$0.findings.isEmpty { wrong.append($0) } }
            #expect(wrong.map(\.path) == [segment, log])
            #expect(wrong.allSatisfy { $0.findings.allSatisfy { $0.code == .damaged } })
            #expect(wrong.last?.findings.first?.damage?.offset == offset)
        }
    }

    @Test("of a segment under a store cost the events that they hold, and are named")
    func served() throws {
        let (disk, oracle) = try filled()
        for path in segments(disk) {
            try eachSector(disk, path) { spoiled, offset in
                // Spoiled once it is served.
                let served = disk.afterKill()
                let (store, _) = try EventStore.test(on: served)
                served.spoil(path, offset..<offset + 1)
                var told: [SequenceRange] = []
                var cursor = store.cursor(from: Sequence(1), .forward)
                var seen: Set<Sequence> = []
                while true {
                    do throws(StoreError) {
                        guard let batch = try cursor.next() else { break }
                        for index in 0..<batch.count { seen.insert(batch.firstSequence + index) }
                    } catch {
                        told.append(try #require(error.damage).sequences)
                    }
                }
                for sequence in oracle.sequences {
                    let isTold = told.contains { $0.contains(sequence) }
                    #expect(isTold != seen.contains(sequence), "\(path), \(offset): \(sequence)")
                }
            }
        }
    }

    @Test("in the header of a segment that is opened again are damage of its events")
    func openedAgain() throws {
        let (disk, _) = try filled()
        let resources = SegmentResources(fileSystem: disk, openFilesMax: 1)
        let paths = segments(disk)
        let first = try Segment.open(paths[0], resources)
        let second = try Segment.open(paths[1], resources)
        _ = try second.rows()
        disk.spoil(paths[0], 0..<1)
        let error = #expect(throws: StoreError.self) { try first.rows() }
        #expect(error?.code == .damaged)
        #expect(error?.damage?.sequences == first.bounds.sequences)
    }
}
