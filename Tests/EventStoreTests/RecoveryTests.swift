import AuditModel
import EventStore
import TestSupport
import Testing

@Suite("Recovery")
struct RecoveryTests {
    /// A store of a few frames in one log, and the end of each frame in its file.
    private func smallStore(
        seed: UInt64, frames: Int = 4
    ) throws -> (disk: SimulatedDisk, oracle: StoreOracle, path: String, ends: [Int]) {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 16 * 1024)
        var oracle = StoreOracle()
        var ends = [store.bounds.bytes]
        for frame in 0..<frames {
            try fill(store, &oracle, frames: 1, startingAt: frame, using: &generator)
            ends.append(store.bounds.bytes)
        }
        let path = try #require(logs(disk).last)
        return (disk, oracle, path, ends)
    }

    /// The first events of an oracle, as a killed or cut store keeps them.
    private func expectPrefix(
        _ store: EventStore, of oracle: StoreOracle, _ what: String
    ) throws {
        var cursor = store.cursor(from: Sequence(1), .forward)
        var expected = Sequence(1)
        while let batch = try cursor.next() {
            #expect(batch.firstSequence == expected, "\(what)")
            for index in 0..<batch.count {
                let payload = batch.withEvent(at: index) { Array($0.payload) }
                #expect(payload == oracle[batch.firstSequence + index].payload, "\(what)")
            }
            expected = batch.lastSequence.next
        }
        #expect(expected == store.bounds.head.next, "\(what)")
    }

    @Test("a file that ends at any byte keeps every whole frame and goes on behind it")
    func cutAtEveryByte() throws {
        let (disk, oracle, path, ends) = try smallStore(seed: 11)
        for zerosBehind in [false, true] {
            for cut in ends[0]...ends[ends.count - 1] {
                let crashed = disk.afterKill()
                crashed.overwrite(path) { bytes in
                    let size = bytes.count
                    bytes.removeLast(size - cut)
                    if zerosBehind { bytes += [UInt8](repeating: 0, count: size - cut) }
                }
                let (store, report) = try EventStore.test(on: crashed, logBytesMax: 16 * 1024)
                let wholeEnd = try #require(ends.last { $0 <= cut })
                #expect(store.bounds.bytes == wholeEnd, "cut at \(cut)")
                try expectPrefix(store, of: oracle, "cut at \(cut)")
                #expect((report.tornTail != nil) == (cut != wholeEnd), "cut at \(cut)")
                if let torn = report.tornTail {
                    #expect(torn.file == path)
                    #expect(torn.offset == wholeEnd)
                    #expect((1...cut - wholeEnd).contains(torn.bytes))
                }
                var more = StoreOracle()
                var generator = SeededGenerator(seed: UInt64(cut))
                try fill(store, &more, frames: 1, startingAt: 50, using: &generator)
                let (again, clean) = try EventStore.test(
                    on: crashed.afterKill(), logBytesMax: 16 * 1024)
                #expect(clean.tornTail == nil, "cut at \(cut)")
                #expect(again.bounds == store.bounds)
            }
        }
    }

    @Test("a flipped bit in any byte is found and located, and never taken for a torn write")
    func flipEveryByte() throws {
        let (disk, _, path, ends) = try smallStore(seed: 12)
        let end = ends[ends.count - 1]
        for offset in 0..<end {
            let flipped = disk.afterKill()
            flipped.overwrite(path) { $0[offset] ^= 1 << UInt8(offset % 8) }
            let before = flipped.contents(path)
            let error = #expect(throws: StoreError.self, "flip at \(offset)") {
                try EventStore.test(on: flipped, logBytesMax: 16 * 1024)
            }
            #expect(error?.code == .damaged, "flip at \(offset)")
            let frameStart = ends.last { $0 <= offset } ?? 0
            #expect(error?.damage?.file == path)
            #expect(error?.damage?.offset == frameStart, "flip at \(offset)")
            #expect(error?.message.contains("restore") ?? false)
            #expect(flipped.contents(path) == before, "nothing is changed")
        }
    }

    @Test("damage names the sequences up to the next whole frame")
    func damageNamesSequences() throws {
        let (disk, oracle, path, ends) = try smallStore(seed: 13)
        let flipped = disk.afterKill()
        flipped.overwrite(path) { $0[ends[0] + 8] ^= 1 }
        let error = #expect(throws: StoreError.self) { try EventStore.test(on: flipped) }
        let (store, _) = try EventStore.test(on: disk.afterKill())
        let first = try #require(try store.read(Sequence(1)))
        #expect(
            error?.damage?.sequences
                == SequenceRange(first: Sequence(1), last: first.batch.lastSequence))
        #expect(oracle.head > first.batch.lastSequence)
    }

    @Test("bytes right behind the frames that no write left are damage")
    func strayBytes() throws {
        let (disk, oracle, path, ends) = try smallStore(seed: 14)
        let end = ends[ends.count - 1]
        func stray(at distance: Int) -> SimulatedDisk {
            let stray = disk.afterKill()
            stray.overwrite(path) { bytes in
                for offset in 0..<600 { bytes[end + distance + offset] = 0xA5 }
            }
            return stray
        }
        let error = #expect(throws: StoreError.self) { try EventStore.test(on: stray(at: 1)) }
        #expect(error?.code == .damaged)
        #expect(error?.damage?.offset == end)
        // With sectors of zeros before them they are what a power cut leaves of a frame.
        let (store, report) = try EventStore.test(on: stray(at: 5_000))
        #expect(report.tornTail?.offset == end)
        #expect(report.tornTail?.bytes == 5_600)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("a log that is missing in the middle is named")
    func missingLog() throws {
        var generator = SeededGenerator(seed: 15)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 60, using: &generator)
        let paths = logs(disk)
        let crashed = disk.afterKill()
        try crashed.remove(paths[1])
        let error = #expect(throws: StoreError.self) { try EventStore.test(on: crashed) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(paths[2]) ?? false)
        #expect(error?.damage?.file == paths[0])
    }

    @Test("a cut in a log that is not the last is damage")
    func cutInTheMiddle() throws {
        var generator = SeededGenerator(seed: 16)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 60, using: &generator)
        let path = logs(disk)[1]
        for lost in [1, 30, 700] {
            let crashed = disk.afterKill()
            crashed.overwrite(path) { $0.removeLast(lost) }
            let error = #expect(throws: StoreError.self) { try EventStore.test(on: crashed) }
            #expect(error?.code == .damaged, "\(lost) bytes lost")
            #expect(error?.damage?.file == path)
        }
    }

    @Test("a store of a later version is refused by name")
    func laterVersion() throws {
        let (disk, _, path, _) = try smallStore(seed: 17)
        disk.overwrite(path) { bytes in
            bytes[8] = 2
            let checksum = LogHeaderChecksum.of(Array(bytes[..<56]))
            withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(56..<64, with: $0) }
        }
        let error = #expect(throws: StoreError.self) { try EventStore.test(on: disk.afterKill()) }
        #expect(error?.code == .unsupportedVersion)
        #expect(error?.message.contains("version 2") ?? false)
    }

    @Test("what an interrupted roll left is removed")
    func interruptedRoll() throws {
        let (disk, oracle, _, _) = try smallStore(seed: 18)
        _ = try disk.open("data/log/00000000000000000099.log.new", create: true)
        let (store, _) = try EventStore.test(on: disk.afterKill())
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("the first free sequence and the newest recorded_at survive when every log has gone")
    func totalExpiry() throws {
        var generator = SeededGenerator(seed: 19)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, retention: .seconds(100))
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 50, using: &generator)
        let newest = store.bounds.newestRecordedAt
        let report = try store.expire(now: second(10_000), uptime: .zero)
        #expect(report.events == oracle.events.count)
        #expect(logs(disk).count == 1)
        let (again, recovered) = try EventStore.test(on: disk.afterKill())
        #expect(recovered.events == 0)
        #expect(again.nextSequence == oracle.head.next)
        let event = StoreOracle.Stored.random(count: 1, using: &generator)
        #expect(try again.store(event, now: second(0)).recordedAt == newest)
    }
}
