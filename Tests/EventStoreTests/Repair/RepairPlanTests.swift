import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Plans of repairs")
struct RepairPlanTests {
    private func range(_ first: UInt64, _ last: UInt64) -> SequenceRange {
        SequenceRange(first: Sequence(first), last: Sequence(last))
    }

    private func segment(_ first: UInt64, _ last: UInt64, at time: Int = 0) -> RepairFile {
        RepairFile(
            kind: .segment, path: "data/segments/\(first)", first: Sequence(first),
            through: Sequence(last), events: Int(last + 1 - first),
            recordedAt: second(time)...second(time))
    }

    private func log(_ first: UInt64, _ last: UInt64, at time: Int = 0) -> RepairFile {
        var file = segment(first, last, at: time)
        file.kind = .log
        file.path = "data/log/\(first)"
        return file
    }

    @Test("nothing is done about what is whole, a torn end of the newest log included")
    func whole() throws {
        var last = log(9, 12)
        last.isTorn = true
        let plan = try RepairPlan([segment(1, 4), log(5, 8), last], now: second(0))
        #expect(plan == RepairPlan.nothing(from: Sequence(1)))
        #expect(try RepairPlan([], now: second(0)).steps.isEmpty)
    }

    @Test("a segment is written anew in its place, with what it lost named")
    func segmentAnew() throws {
        var bad = segment(5, 8, at: 1)
        bad.findings = ["a block"]
        bad.lost = [range(6, 7)]
        bad.events = 2
        let plan = try RepairPlan([segment(1, 4), bad, log(9, 8, at: 1)], now: second(0))
        #expect(plan.setAside == [bad.path])
        #expect(plan.lost == [range(6, 7)])
        #expect(
            plan.steps == [
                .write(
                    RepairPlan.Write(
                        sequences: range(5, 8), source: bad, recordedAt: second(1)...second(1)))
            ])
    }

    @Test("a log in between becomes a segment, with another for what is not known of it")
    func logInBetween() throws {
        var bad = log(5, 6, at: 1)
        bad.findings = ["the end"]
        bad.atMost = Sequence(900)
        let plan = try RepairPlan([segment(1, 4), bad, log(9, 12, at: 2)], now: second(0))
        #expect(plan.lost == [range(7, 8)])
        #expect(
            plan.steps == [
                .write(RepairPlan.Write(sequences: range(5, 6), source: bad, recordedAt: nil)),
                .write(
                    RepairPlan.Write(
                        sequences: range(7, 8), recordedAt: second(1)...second(1))),
                .remove(bad.path),
            ])
    }

    @Test("behind a newest log with a bad end the next begins where no sequence was given out")
    func newestLog() throws {
        var bad = log(5, 6, at: 1)
        bad.findings = ["the end"]
        bad.atMost = Sequence(20)
        let plan = try RepairPlan([segment(1, 4), bad], now: second(0))
        #expect(plan.lost == [range(7, 20)])
        #expect(
            plan.steps.first == .beginLog(first: Sequence(21), recordedAtFloor: second(1)))
        #expect(plan.steps.last == .remove(bad.path))
    }

    @Test("holes between files are filled, the widest with several segments")
    func holes() throws {
        let wide = UInt64(UInt32.max) * 2 + 100
        let plan = try RepairPlan([segment(1, 4), log(wide, wide)], now: second(0))
        #expect(plan.lost == [range(5, wide - 1)])
        let written = plan.steps.compactMap { step -> SequenceRange? in
            if case .write(let write) = step { write.sequences } else { nil }
        }
        #expect(written.count == 3)
        #expect(written.first?.first == Sequence(5))
        #expect(written.last?.last == Sequence(wide - 1))
        for (before, next) in zip(written, written.dropFirst()) {
            #expect(before.last.next == next.first)
        }
        #expect(throws: StoreError.self) {
            try RepairPlan([segment(1, 4), log(1 << 40, 1 << 40)], now: second(0))
        }
    }

    @Test(
        "what a restored store skipped is not missing, and is said by what takes the file's place")
    func skipped() throws {
        var restored = log(1_000, 1_003, at: 1)
        restored.skipped = range(5, 999)
        let whole = try RepairPlan([segment(1, 4), restored], now: second(0))
        #expect(whole.findings.isEmpty && whole.lost.isEmpty)
        restored.findings = ["a frame"]
        let plan = try RepairPlan([segment(1, 4), restored], now: second(0))
        #expect(plan.lost.isEmpty)
        #expect(
            plan.steps.contains(
                .write(
                    RepairPlan.Write(
                        sequences: range(1_000, 1_003), source: restored, recordedAt: nil,
                        skipped: range(5, 999)))))
        // Missing before that: only what nobody skipped.
        #expect(try RepairPlan([segment(1, 2), restored], now: second(0)).lost == [range(3, 4)])
        restored.through = restored.first.previous
        restored.events = 0
        let empty = try RepairPlan([segment(1, 4), restored], now: second(0))
        #expect(
            empty.steps == [
                .beginLog(
                    first: Sequence(1_000), recordedAtFloor: second(1), skipped: range(5, 999))
            ])
        // Nothing of it can be read but its header: what stands for its events says it.
        restored.atMost = Sequence(1_009)
        let filler = RepairPlan.Write(
            sequences: range(1_000, 1_009), recordedAt: second(1)...second(1),
            skipped: range(5, 999))
        let last = try RepairPlan([segment(1, 4), restored], now: second(0))
        #expect(last.steps.contains(.write(filler)) && last.lost == [range(1_000, 1_009)])
        let between = try RepairPlan(
            [segment(1, 4), restored, log(1_010, 1_012, at: 2)], now: second(0))
        #expect(between.steps.contains(.write(filler)) && between.lost == [range(1_000, 1_009)])
    }

    @Test("of a restored store's first log without a header, its name tells what was skipped")
    func skippedByName() throws {
        let first: UInt64 = 50_000_000_001_001
        var gone = log(first, first - 1)
        gone.findings = ["the header"]
        gone.recordedAt = nil
        gone.events = 0
        gone.atMost = Sequence(first + 9)
        let plan = try RepairPlan(
            [segment(1, 4), gone, log(first + 5, first + 6)], now: second(0))
        #expect(plan.lost == [range(first, first + 4)])
        #expect(
            plan.steps.contains(
                .write(
                    RepairPlan.Write(
                        sequences: range(first, first + 4), recordedAt: second(0)...second(0),
                        skipped: range(5, first - 1)))))
        #expect(plan.findings.contains { $0.contains("skipped") })
        // No restored store begins there.
        gone.first = Sequence(first + 1)
        gone.through = Sequence(first)
        #expect(throws: StoreError.self) {
            try RepairPlan([segment(1, 4), gone, log(first + 5, first + 6)], now: second(0))
        }
    }

    @Test("what a snapshot had is missing where its files begin later or end earlier")
    func snapshots() throws {
        let content = SnapshotMarker.Content(
            first: Sequence(1), head: Sequence(12), events: 12, files: 2, bytes: 100)
        let plan = try RepairPlan(
            [segment(5, 8), log(9, 10)], snapshot: content, now: second(0))
        #expect(plan.lost == [range(1, 4), range(11, 12)])
        #expect(plan.first == Sequence(1))
        #expect(
            plan.steps.first == .beginLog(first: Sequence(13), recordedAtFloor: second(0)))
        let whole = try RepairPlan(
            [segment(1, 8), log(9, 12)], snapshot: content, now: second(0))
        #expect(whole.findings.isEmpty)
        var begun = log(1_001, 1_000)
        begun.skipped = range(13, 1_000)
        #expect(begun.isBegun(of: content))
        #expect(
            try RepairPlan([segment(1, 12), begun], snapshot: content, now: second(0))
                .findings.isEmpty)
    }

    @Test("what would give sequences twice, or mixes two stores, is refused with advice")
    func refused() throws {
        for files in [
            [segment(1, 4)], [log(1, 4), segment(5, 8)], [segment(1, 4), log(4, 8)],
            [segment(1, 4, at: 9), log(5, 8, at: 1)],
        ] {
            let error = #expect(throws: StoreError.self) {
                try RepairPlan(files, now: second(0))
            }
            #expect(error?.code == .damaged)
            #expect(error?.message.contains("Nothing was changed. ") ?? false)
        }
    }

    @Test("lost ranges are one list, and their text is read as it was written or not at all")
    func lostRanges() throws {
        let lost = LostRanges([range(8, 9), range(1, 3), range(3, 4), range(5, 5), range(20, 30)])
        #expect(lost.ranges == [range(1, 5), range(8, 9), range(20, 30)])
        #expect(lost.overlapping(range(5, 8)) == [range(5, 5), range(8, 8)])
        #expect(lost.overlapping(range(10, 19)).isEmpty)
        #expect(lost.from(Sequence(9)).ranges == [range(9, 9), range(20, 30)])
        #expect(lost.from(Sequence(31)).isEmpty)
        let text = lost.text
        #expect(LostRanges(text: text) == lost)
        #expect(LostRanges(text: LostRanges().text) == LostRanges())
        for offset in text.indices {
            var changed = text
            changed[offset] ^= 1
            #expect(LostRanges(text: changed) == nil, "byte \(offset)")
            #expect(LostRanges(text: Array(text[..<offset])) == nil, "\(offset) bytes")
        }
    }
}

extension RepairPlan {
    fileprivate static func nothing(from first: Sequence) -> RepairPlan {
        var plan = try! RepairPlan([], now: .epoch)
        plan.first = first
        return plan
    }
}
