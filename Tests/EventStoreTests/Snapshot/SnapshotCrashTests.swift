import AuditModel
import TestSupport
import Testing

@testable import EventStore

/// A snapshot, and the first start of one, that are killed, fail or lose power at any step.
@Suite("Interrupted snapshots")
struct SnapshotCrashTests {
    private func filled(seed: UInt64) throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: seed)
        let disk = SimulatedDisk()
        var oracle = StoreOracle()
        let (store, _) = try EventStore.test(on: disk, in: "data")
        try fill(store, &oracle, frames: 18, using: &generator)
        for _ in 0..<2 { _ = try store.seal() }
        try disk.replace("data/policies.json", with: Array("policies".utf8))
        store.close()
        return (disk.afterKill(), oracle)
    }

    /// The store behind a restart is whole, and so is the snapshot, or it is refused.
    ///
    /// - Parameter isMade: it was said to be there.
    private func expectWhole(
        _ disk: SimulatedDisk, _ oracle: StoreOracle, isMade: Bool, _ what: String
    ) throws {
        let (store, _) = try EventStore.test(on: disk, in: "data")
        #expect(try oracle.difference(to: store) == nil, "\(what)")
        store.close()
        guard disk.folderNames.contains("backup") else {
            #expect(!isMade, "\(what): it is gone")
            return
        }
        let isEmpty = !disk.paths.contains { $0.hasPrefix("backup/") }
        let opened: (store: EventStore, report: RecoveryReport)
        do throws(StoreError) {
            opened = try EventStore.test(on: disk, in: "backup")
        } catch {
            #expect(!isMade && error.code == .snapshotRefused, "\(what): \(error)")
            return
        }
        // Nothing in it yet: it is as any other new folder.
        if isEmpty, !isMade { return }
        let restoration = try #require(opened.report.restoration, "\(what)")
        var all = oracle
        all.skip(restoration.skipped)
        #expect(try all.difference(to: opened.store) == nil, "\(what)")
        #expect(disk.contents("backup/policies.json") == Array("policies".utf8), "\(what)")
    }

    @Test("leave the store whole and no snapshot that starts with less", arguments: [true, false])
    func everyStep(canLink: Bool) throws {
        let (filled, oracle) = try filled(seed: canLink ? 31 : 32)
        func run(_ plan: FaultPlan) -> (disk: SimulatedDisk, isMade: Bool) {
            let disk = filled.afterKill()
            guard let (store, _) = try? EventStore.test(on: disk, in: "data") else {
                return (disk, false)
            }
            let opened = disk.steps
            disk.plan = plan
            disk.plan.failingStep = plan.failingStep.map { $0 + opened }
            disk.plan.killedAtStep = plan.killedAtStep.map { $0 + opened }
            disk.plan.refusesLinks = !canLink
            let report = try? store.snapshot(to: "backup", now: wallClock())
            #expect(report.map { $0.head == oracle.head } ?? true)
            return (disk, report != nil)
        }
        let whole = run(.none)
        #expect(whole.isMade)
        var generator = SeededGenerator(seed: 33)
        var refused = 0
        for step in 0..<whole.disk.steps {
            for plan in [
                FaultPlan(killedAtStep: step), FaultPlan(failingStep: step),
                FaultPlan(failingStep: step, persists: true),
                FaultPlan(failingStep: step, number: 28),
            ] {
                let (disk, isMade) = run(plan)
                let what = "step \(step), \(plan)"
                refused += isMade ? 0 : 1
                if plan.killedAtStep == nil, !isMade {
                    // It tidied up behind itself: at most a folder is left, or what is marked.
                    let left = disk.paths.filter { $0.hasPrefix("backup/") }
                    #expect(left.isEmpty || left.contains("backup/SNAPSHOT"), "\(what): \(left)")
                }
                try expectWhole(disk.afterKill(), oracle, isMade: isMade, what)
                for _ in 0..<2 {
                    let cut = disk.afterPowerCut(using: &generator)
                    try expectWhole(cut, oracle, isMade: isMade, "\(what), power cut")
                }
            }
        }
        #expect(refused > 50)
    }

    @Test("are made good by the next start, which never goes back behind a sequence")
    func everyStepOfTheStart() throws {
        let (filled, oracle) = try filled(seed: 34)
        let (store, _) = try EventStore.test(on: filled, in: "data")
        _ = try store.snapshot(to: "backup", now: wallClock())
        store.close()
        var generator = SeededGenerator(seed: 35)
        for isEmptyLog in [false, true] {
            let snapshot = filled.afterKill()
            var stored = oracle
            if isEmptyLog {
                // That of a store that was restored and has stored nothing yet.
                let (restored, report) = try EventStore.test(on: snapshot, in: "backup")
                stored.skip(try #require(report.restoration?.skipped))
                _ = try restored.snapshot(to: "next", now: wallClock(4000))
                restored.close()
                snapshot.moveFolder("next", to: "backup")
            }
            let whole = snapshot.afterKill()
            _ = try EventStore.test(on: whole, in: "backup", at: wallClock(5000))
            for step in 0..<whole.steps {
                for plan in [
                    FaultPlan(killedAtStep: step), FaultPlan(failingStep: step),
                    FaultPlan(failingStep: step, persists: true),
                ] {
                    let disk = snapshot.afterKill()
                    disk.plan = plan
                    let what = "step \(step), \(plan), \(isEmptyLog)"
                    let first = try? EventStore.test(on: disk, in: "backup", at: wallClock(5000))
                    let crashed =
                        Bool.random(using: &generator)
                        ? disk.afterKill() : disk.afterPowerCut(using: &generator)
                    // Of an older clock: what the start before has begun with stays the least.
                    let (again, report) = try EventStore.test(
                        on: crashed, in: "backup", at: wallClock(4500))
                    var all = oracle
                    if let first { #expect(first.report.restoration != nil, "\(what)") }
                    if let restoration = report.restoration {
                        #expect(first == nil, "\(what): made twice")
                        all.skip(
                            SequenceRange(first: oracle.head.next, last: restoration.skipped.last))
                    } else {
                        all.skip(try #require(again.skipped(atOrAfter: oracle.head.next)))
                    }
                    #expect(try all.difference(to: again) == nil, "\(what)")
                    #expect(again.nextSequence > stored.head.next, "\(what)")
                    if let first {
                        #expect(again.nextSequence == first.store.nextSequence, "\(what)")
                    }
                    #expect(again.parts.skipped.count == 1, "\(what)")
                    let left = crashed.paths.filter { $0.hasPrefix("backup/") }
                    #expect(!left.contains { $0.contains("SNAPSHOT") || $0.hasSuffix(".new") })
                }
            }
        }
    }
}

extension SimulatedDisk {
    fileprivate var folderNames: [String] { (try? list(".")) ?? [] }
}
