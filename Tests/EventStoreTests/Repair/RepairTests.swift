import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Repairs")
struct RepairTests {
    /// Segments, closed logs and a last log.
    private func filled(
        seed: UInt64 = 5, frames: Int = 40, sealed: Int = 2
    ) throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: frames, using: &generator)
        for _ in 0..<sealed { _ = try store.seal() }
        store.close()
        let left = disk.afterKill()
        #expect(segments(left).count == sealed && logs(left).count > 2)
        return (left, oracle)
    }

    private func first(of path: String) -> UInt64 {
        UInt64(path.split(separator: "/").last!.prefix(20))!
    }

    @Test("find nothing in a whole store and change nothing")
    func whole() throws {
        let (disk, oracle) = try filled()
        let before = disk.paths.map { disk.contents($0) }
        let report = try StoreRepair.test(on: disk).run()
        #expect(report.findings.isEmpty && report.lost.isEmpty && report.folder == nil)
        #expect(report.events == oracle.events.count)
        #expect(disk.paths.map { disk.contents($0) }.dropFirst() == before.dropFirst(), "but LOCK")
        try expectSound(disk, oracle, lost: [])
    }

    @Test("say what they would do and change nothing, when asked for that")
    func dryRun() throws {
        let (disk, oracle) = try filled()
        disk.overwrite(logs(disk)[0]) { $0[300] ^= 4 }
        let before = disk.paths.map { disk.contents($0) }
        let dry = try StoreRepair.test(on: disk).run(isDryRun: true)
        #expect(disk.paths.map { disk.contents($0) }.dropFirst() == before.dropFirst())
        #expect(!dry.findings.isEmpty && !dry.lost.isEmpty && dry.folder == nil)
        var report = try expectRepaired(disk, oracle)
        report.folder = nil
        #expect(report == dry)
    }

    @Test("keep every damaged file as it was, with a report")
    func keepsFiles() throws {
        let (disk, oracle) = try filled()
        let (segment, log) = (segments(disk)[1], logs(disk)[0])
        disk.overwrite(segment) { $0[$0.count / 3] ^= 1 }
        disk.overwrite(log) { $0[300] ^= 1 }
        let (bytes, logBytes) = (disk.contents(segment), disk.contents(log))
        let report = try StoreRepair.test(on: disk).run()
        let folder = try #require(report.folder)
        #expect(folder == "data/damaged-T")
        func kept(_ path: String) -> [UInt8]? {
            disk.contents(folder + "/" + path.split(separator: "/").last!)
        }
        #expect(kept(segment) == bytes)
        #expect(kept(log) == logBytes)
        let text = String(decoding: try #require(disk.contents(folder + "/REPORT")), as: UTF8.self)
        for finding in report.findings { #expect(text.contains(finding)) }
        for range in report.lost { #expect(text.contains("\(range.first) to \(range.last)")) }
        // The next one has a folder of its own.
        disk.overwrite(segments(disk)[0]) { $0[$0.count / 3] ^= 1 }
        let next = try StoreRepair.test(on: disk).run()
        #expect(next.folder == "data/damaged-T-2")
        try expectSound(disk, oracle, lost: report.lost + next.lost)
    }

    @Test("save what is around a bad frame in a log")
    func frameInLog() throws {
        let (disk, oracle) = try filled()
        let path = logs(disk)[1]
        let bytes = try #require(disk.contents(path))
        let frames = try frameStarts(bytes)
        disk.overwrite(path) { $0[frames[2].offset + 60] ^= 1 }
        let report = try expectRepaired(disk, oracle)
        #expect(report.lost == [frames[2].sequences], "its header is whole, so just its events")
        #expect(!disk.paths.contains(path))
    }

    @Test("save what is around bytes of which no frame is left")
    func holeInLog() throws {
        let (disk, oracle) = try filled()
        let path = logs(disk)[1]
        let frames = try frameStarts(try #require(disk.contents(path)))
        disk.overwrite(path) { bytes in
            for offset in frames[2].offset..<frames[4].offset { bytes[offset] = 0xEE }
        }
        let report = try expectRepaired(disk, oracle)
        #expect(
            report.lost == [
                SequenceRange(first: frames[2].sequences.first, last: frames[3].sequences.last)
            ])
    }

    @Test("go on behind everything that a bad end of the newest log may have held")
    func endOfNewest() throws {
        let (disk, oracle) = try filled()
        let path = try #require(logs(disk).last)
        let frames = try frameStarts(try #require(disk.contents(path)))
        let last = try #require(frames.last)
        disk.overwrite(path) { bytes in
            for offset in last.offset..<last.offset + 48 { bytes[offset] = 0xEE }
        }
        let report = try expectRepaired(disk, oracle)
        let range = try #require(report.lost.first)
        #expect(report.lost.count == 1)
        #expect(range.first == last.sequences.first && range.last >= oracle.head)
        // The header of the frame alone tells how many there were.
        let (exact, _) = try filled()
        exact.overwrite(path) { $0[last.offset + 70] ^= 1 }
        #expect(try expectRepaired(exact, oracle).lost == [last.sequences])
    }

    @Test("mend a byte of a log's header, and know what the whole of it could have held without")
    func logHeader() throws {
        let (disk, oracle) = try filled()
        for path in [logs(disk)[0], logs(disk).last!] {
            let mended = disk.afterKill()
            mended.overwrite(path) { $0[33] ^= 0x40 }
            #expect(try expectRepaired(mended, oracle).lost.isEmpty)
        }
        let middle = disk.afterKill()
        middle.overwrite(logs(disk)[0]) { for offset in 0..<64 { $0[offset] = 7 } }
        let next = first(of: logs(disk)[1])
        #expect(
            try expectRepaired(middle, oracle).lost == [
                SequenceRange(
                    first: Sequence(first(of: logs(disk)[0])), last: Sequence(next - 1))
            ])
        let newest = disk.afterKill()
        let path = try #require(logs(disk).last)
        for count in [0, 40, 64] {
            let cut = newest.afterKill()
            cut.overwrite(path) { $0 = Array(repeating: 9, count: count) }
            let report = try expectRepaired(cut, oracle)
            #expect(report.lost.first?.first == Sequence(first(of: path)))
            #expect(report.lostEvents == UInt64(Limits.logEntriesMax))
        }
    }

    @Test("an empty newest log whose header changed is begun anew under its name")
    func emptyNewest() throws {
        let disk = SimulatedDisk()
        do { _ = try EventStore.test(on: disk) }
        let left = disk.afterKill()
        left.overwrite(logs(left)[0]) { $0[40] ^= 1 }
        #expect(try expectRepaired(left, StoreOracle()).lost.isEmpty)
        #expect(logs(left).first == "data/log/00000000000000000001.log")
    }

    @Test("stand for files that are missing in between, and for none before the first")
    func missingFiles() throws {
        let (disk, oracle) = try filled()
        let files = segments(disk) + logs(disk)
        for number in files.indices.dropLast() {
            let hole = disk.afterKill()
            try hole.remove(files[number])
            let report = try expectRepairedFrom(number == 0 ? first(of: files[1]) : 1, hole, oracle)
            let gone = SequenceRange(
                first: Sequence(first(of: files[number])),
                last: Sequence(first(of: files[number + 1]) - 1))
            #expect(report.lost == (number == 0 ? [] : [gone]))
        }
    }

    /// A store that begins behind files that are gone.
    private func expectRepairedFrom(
        _ first: UInt64, _ disk: SimulatedDisk, _ oracle: StoreOracle
    ) throws -> StoreRepair.Report {
        let report = try StoreRepair.test(on: disk).run()
        let before =
            first == 1
            ? [] : [SequenceRange(first: Sequence(1), last: Sequence(first - 1))]
        try expectSound(disk, oracle, lost: report.lost + before)
        return report
    }

    @Test("refuse where sequences would be given twice, and change nothing")
    func refused() throws {
        let (disk, _) = try filled()
        for log in logs(disk) { try disk.remove(log) }
        let before = disk.paths
        let error = #expect(throws: StoreError.self) { try StoreRepair.test(on: disk).run() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("given twice") ?? false)
        #expect(disk.paths == before)
        #expect(throws: StoreError.self) { try StoreRepair.test(on: SimulatedDisk()).run() }
    }

    @Test("refuse while a server has the folder, and name it")
    func locked() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk)
        let error = #expect(throws: StoreError.self) { try StoreRepair.test(on: disk).run() }
        #expect(error?.code == .locked)
        store.close()
    }

    @Test("a file under another's name is left to a person")
    func misplaced() throws {
        let (disk, _) = try filled()
        for files in [segments(disk), Array(logs(disk).prefix(2))] {
            let mixed = disk.afterKill()
            try mixed.remove(files[0])
            try mixed.rename(files[1], to: files[0])
            let error = #expect(throws: StoreError.self) { try StoreRepair.test(on: mixed).run() }
            #expect(error?.message.contains("Give it that name") ?? false)
        }
    }

    @Test("take a log that its seal did not come to remove for its damaged segment")
    func logBesideSegment() throws {
        let (disk, oracle) = try filled(sealed: 0)
        let log = logs(disk)[0]
        let bytes = disk.contents(log)
        do {
            let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
            _ = try store.seal()
            store.close()
        }
        _ = try disk.open(log, create: true)
        disk.overwrite(log) { $0 = bytes! }
        disk.overwrite(segments(disk)[0]) { $0[$0.count / 4] ^= 1 }
        #expect(try expectRepaired(disk, oracle).lost.isEmpty)
    }

    @Test("lists of what was lost before are kept, and begun anew when they changed")
    func lostBefore() throws {
        let (disk, oracle) = try filled()
        disk.overwrite(logs(disk)[1]) { $0[300] ^= 1 }
        let report = try expectRepaired(disk, oracle)
        disk.overwrite("data/LOST") { $0[3] ^= 1 }
        let error = #expect(throws: StoreError.self) { try EventStore.test(on: disk) }
        #expect(error?.message.contains("store repair") ?? false)
        let second = try StoreRepair.test(on: disk).run()
        #expect(second.findings.count == 1 && second.lost.isEmpty)
        #expect(report.lost.count == 1)
        _ = try EventStore.test(on: disk)
    }

    @Test("keep saying what is lost of the first file until it would have expired")
    func lostFirst() throws {
        let (disk, _) = try filled()
        disk.overwrite(segments(disk)[0]) { for offset in 0..<64 { $0[offset] = 7 } }
        let report = try StoreRepair.test(on: disk).run()
        let range = try #require(report.lost.first)
        #expect(range.first == Sequence(1) && report.lost.count == 1)
        let (store, _) = try EventStore.test(on: disk, retention: .seconds(1_000))
        #expect(try store.expire(now: second(60), uptime: .zero).files == 0)
        #expect(store.bounds.oldest == Sequence(1))
        var cursor = store.cursor(from: Sequence(1), .forward)
        let error = #expect(throws: StoreError.self) { try cursor.next() }
        #expect(error?.damage?.sequences == range)
        #expect(store.figures.lostEvents == report.lostEvents)
        // All of it is older now, and then it is retention that took it.
        #expect(try store.expire(now: second(1_030), uptime: .seconds(1_000)).files > 0)
        #expect(store.bounds.oldest > range.last && store.figures.lostEvents == 0)
    }

    @Test("events that are put back from a backup are not lost any more")
    func putBack() throws {
        let (disk, oracle) = try filled()
        let path = segments(disk)[1]
        let bytes = disk.contents(path)
        disk.overwrite(path) { for offset in 0..<64 { $0[offset] = 7 } }
        let log = logs(disk)[1]
        let frame = try frameStarts(disk.contents(log)!)[2]
        disk.overwrite(log) { $0[frame.offset + 60] ^= 1 }
        #expect(try StoreRepair.test(on: disk).run().lost.count == 2)
        disk.overwrite(path) { $0 = bytes! }
        do {
            let (store, _) = try EventStore.test(on: disk)
            #expect(store.lost.ranges == [frame.sequences])
            #expect(try repairDifference(store, oracle, lost: [frame.sequences]) == nil)
            store.close()
        }
        let dry = try StoreRepair.test(on: disk).run(isDryRun: true)
        #expect(dry.findings.count == 1 && dry.actions == ["write data/LOST anew"])
        let report = try StoreRepair.test(on: disk).run()
        #expect(report.findings.count == 1 && report.lost.isEmpty)
        let text = try #require(disk.contents("data/LOST"))
        #expect(LostRanges(text: text)?.ranges == [frame.sequences])
        try expectSound(disk, oracle, lost: [frame.sequences])
    }

    @Test("what was not given out yet is not lost")
    func neverGiven() throws {
        let (disk, oracle) = try filled()
        let range = SequenceRange(first: oracle.head.next, last: oracle.head + 100)
        _ = try disk.open("data/LOST", create: true)
        disk.overwrite("data/LOST") { $0 = LostRanges([range]).text }
        let (store, _) = try EventStore.test(on: disk)
        #expect(store.lost.isEmpty)
        store.close()
        #expect(try StoreRepair.test(on: disk).run().findings.count == 1)
        #expect(try StoreRepair.test(on: disk).run().findings.isEmpty)
    }

    /// Where the frames of a log are.
    private func frameStarts(
        _ bytes: [UInt8]
    ) throws -> [(offset: Int, sequences: SequenceRange)] {
        try bytes.withUnsafeBytes { bytes in
            let header = try LogHeader(UnsafeRawBufferPointer(rebasing: bytes[..<64]))
            var frames: [(Int, SequenceRange)] = []
            var offset = LogHeader.bytes
            while offset + FrameHeader.bytes <= bytes.count,
                let frame = FrameHeader(
                    UnsafeRawBufferPointer(rebasing: bytes[offset...]), salt: header.salt)
            {
                frames.append((offset, frame.sequences))
                offset += frame.length
            }
            return frames
        }
    }
}
