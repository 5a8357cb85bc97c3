import AuditModel
import TestSupport
import Testing

@testable import EventStore

/// Damage everywhere, and repairs that end everywhere.
@Suite("Repairs after any damage")
struct RepairSweepTests {
    /// Segments, a closed log and a last log.
    private func smallStore(
        seed: UInt64, frames: Int = 16, sealed: Int = 2, payloadBytesMax: Int = 30
    ) throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        var configuration = StoreConfiguration.test()
        configuration.logEventsMax = 10
        let (store, _) = try EventStore.open(configuration, fileSystem: disk)
        var oracle = StoreOracle()
        try fill(
            store, &oracle, frames: frames, eventsMax: 4, payloadBytesMax: payloadBytesMax,
            using: &generator)
        for _ in 0..<sealed { _ = try store.seal() }
        store.close()
        return (disk.afterKill(), oracle)
    }

    @Test(
        "each flipped byte of a small store is repaired, and costs no more than its block or frame")
    func everyByte() throws {
        let (disk, oracle) = try smallStore(seed: 21, frames: 9, sealed: 1)
        var whole = 0
        var flips = 0
        for path in segments(disk) + logs(disk) {
            let bytes = try #require(disk.contents(path))
            let end = try #require(bytes.lastIndex { $0 != 0 }) + 1
            for offset in 0..<end {
                let flipped = disk.afterKill()
                flipped.overwrite(path) { $0[offset] ^= 1 << UInt8(offset % 8) }
                let report = try StoreRepair.test(on: flipped).run()
                let what = "\(path), byte \(offset)"
                #expect(!report.findings.isEmpty, "\(what)")
                let (store, _) = try EventStore.test(on: flipped)
                let difference = try repairDifference(store, oracle, lost: report.lost)
                #expect(difference == nil, "\(what)")
                flips += 1
                if report.lost.isEmpty { whole += 1 }
            }
        }
        #expect(flips > 1_500)
        #expect(whole > flips / 4, "headers, footers and indexes cost nothing")
    }

    @Test("any flips, cuts and missing files are repaired or refused", arguments: 0..<60)
    func anyDamage(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &* 7919 &+ 3)
        let (disk, oracle) = try smallStore(seed: seed, payloadBytesMax: 400)
        var first = Sequence(1)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            // The last log stays: without it a repair refuses.
            let files = segments(disk) + logs(disk)
            let number = Int.random(in: files.indices, using: &generator)
            let isLast = number == files.count - 1
            guard disk.contents(files[number])?.isEmpty == false else { continue }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where !isLast:
                try disk.remove(files[number])
                if number == 0 {
                    first = Sequence(UInt64(files[1].split(separator: "/").last!.prefix(20))!)
                }
            case 1 where !isLast:
                disk.overwrite(files[number]) { bytes in
                    bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
                }
            case 2:
                disk.overwrite(files[number]) { bytes in
                    let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
                    let start = Int.random(in: 0..<end, using: &generator)
                    let count = Int.random(in: 1...600, using: &generator)
                    for offset in start..<min(end, start + count) {
                        bytes[offset] = UInt8.random(in: 1...255, using: &generator)
                    }
                }
            default:
                disk.overwrite(files[number]) { bytes in
                    let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
                    bytes[Int.random(in: 0..<end, using: &generator)] ^= 1
                }
            }
        }
        let report = try StoreRepair.test(on: disk).run()
        let before =
            first == Sequence(1)
            ? [] : [SequenceRange(first: Sequence(1), last: first.previous)]
        try expectSound(disk, oracle, lost: report.lost + before, "seed \(seed)")
    }

    @Test("a kill or a failure at any step, and a power cut then, are made good by the next repair")
    func everyStep() throws {
        let (disk, oracle) = try smallStore(seed: 33)
        let files = segments(disk) + logs(disk)
        // One of each: a block, a file in between, a log, and the newest log.
        disk.overwrite(files[0]) { $0[100] ^= 1 }
        try disk.remove(files[1])
        try disk.synchronizeDirectory("data/segments")
        for path in [files[2], files[files.count - 1]] {
            disk.overwrite(path) { bytes in
                for offset in 200..<260 { bytes[offset] = 0xEE }
            }
        }
        let whole = disk.afterKill()
        let report = try StoreRepair.test(on: whole).run()
        #expect(report.lost.count > 2)
        for step in 0..<whole.steps {
            for plan in [
                FaultPlan(killedAtStep: step), FaultPlan(failingStep: step),
                FaultPlan(failingStep: step, persists: true),
                FaultPlan(failingStep: step, number: 28),
            ] {
                let killed = disk.afterKill()
                killed.plan = plan
                _ = try? StoreRepair.test(on: killed).run()
                var generator = SeededGenerator(seed: UInt64(step))
                for left in [killed.afterKill(), killed.afterPowerCut(using: &generator)] {
                    let what = "step \(step), \(plan)"
                    // A start in between serves nothing wrong, or refuses.
                    if let (store, _) = try? EventStore.test(on: left.afterKill()) {
                        let difference = try repairDifference(
                            store, oracle, lost: report.lost)
                        #expect(difference == nil, "\(what), started")
                    }
                    _ = try StoreRepair.test(on: left).run()
                    try expectSound(left, oracle, lost: report.lost, what)
                }
            }
        }
    }

    @Test("a full disk ends them with that, and changes nothing that a start sees")
    func fullDisk() throws {
        let (disk, oracle) = try smallStore(seed: 34)
        disk.overwrite(segments(disk)[0]) { $0[$0.count / 4] ^= 1 }
        disk.plan = FaultPlan(capacityBytes: disk.bytes)
        let error = #expect(throws: StoreError.self) { try StoreRepair.test(on: disk).run() }
        #expect(error?.code == .diskFull)
        disk.plan = .none
        try expectRepaired(disk, oracle)
    }
}
