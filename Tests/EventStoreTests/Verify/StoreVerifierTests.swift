import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Verifying a store")
struct StoreVerifierTests {
    private func filled() throws -> (disk: SimulatedDisk, store: EventStore, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: 91)
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, logBytesMax: 4096)
        var oracle = StoreOracle()
        try fill(store, &oracle, frames: 60, using: &generator)
        for _ in 0..<3 { _ = try store.seal() }
        return (disk, store, oracle)
    }

    private func reports(
        _ disk: SimulatedDisk, _ depth: StoreVerifier.Depth = .everything
    ) throws -> [StoreFileReport] {
        var reports: [StoreFileReport] = []
        try StoreVerifier(
            directory: "data/", terms: TermExtractor(version: 1) { _, _ in }, fileSystem: disk
        ).run(depth) {
            reports.append($0)
        }
        return reports
    }

    @Test("finds nothing in a whole store, also while it is used, and changes nothing")
    func whole() throws {
        let (disk, store, oracle) = try filled()
        let steps = disk.steps
        for depth in [StoreVerifier.Depth.ends, .everything] {
            let found = try reports(disk, depth)
            #expect(found.flatMap(\.findings).isEmpty)
            #expect(found.map(\.path) == segments(disk) + logs(disk))
            #expect(
                found.map { $0.kind == .segment } == found.map { $0.path.hasSuffix(".segment") })
            #expect(found.reduce(0) { $0 + $1.events } == oracle.events.count)
            #expect(found.reduce(0) { $0 + $1.bytes } == store.bounds.bytes)
        }
        #expect(disk.steps == steps)
        #expect(try oracle.difference(to: store) == nil)
    }

    @Test("names what is damaged in each file and goes on behind it")
    func damaged() throws {
        let (disk, _, _) = try filled()
        let (segment, log) = (segments(disk)[1], logs(disk)[0])
        disk.overwrite(segment) { $0[$0.count / 2] ^= 1 }
        disk.overwrite(log) { $0[200] ^= 1 }
        let found = try reports(disk)
        #expect(found.count == disk.paths.count - 1, "all but LOCK")
        let wrong = found.filter { !$0.findings.isEmpty }
        #expect(wrong.map(\.path) == [segment, log])
        #expect(wrong.allSatisfy { $0.findings.allSatisfy { $0.code == .damaged } })
        #expect(try reports(disk, .ends).filter { !$0.findings.isEmpty }.map(\.path) == [log])
    }

    @Test("names a hole between files, and no log that its segment stands for")
    func holes() throws {
        let (disk, _, _) = try filled()
        let gone = segments(disk)[1]
        let hole = disk.afterKill()
        try hole.remove(gone)
        let found = try reports(hole).filter { !$0.findings.isEmpty }
        #expect(found.map(\.path) == [segments(disk)[2]])
        #expect(found.first?.findings.first?.message.contains("events are missing") ?? false)

        let leftover = disk.afterKill()
        let log = gone.split(separator: "/").last!.prefix(20)
        _ = try leftover.open("data/log/\(log).log", create: true)
        #expect(try reports(leftover).allSatisfy { $0.findings.isEmpty })
    }

    @Test("finds nothing wrong with a snapshot whose first start was interrupted at any step")
    func restoring() throws {
        let disk = SimulatedDisk()
        let (store, _) = try EventStore.test(on: disk, in: "data")
        _ = try store.snapshot(to: "backup", now: wallClock())
        store.close()
        let whole = disk.afterKill()
        _ = try EventStore.test(on: whole, in: "backup")
        var most = 0
        for step in 0..<whole.steps {
            let killed = disk.afterKill()
            killed.plan = FaultPlan(killedAtStep: step)
            _ = try? EventStore.test(on: killed, in: "backup")
            var logs = 0
            try StoreVerifier(
                directory: "backup", terms: ModelEvent.extractor, fileSystem: killed.afterKill()
            ).run(.everything) { file in
                if file.kind == .log { logs += 1 }
                #expect(file.findings.isEmpty, "step \(step), \(file.path)")
            }
            most = max(most, logs)
        }
        #expect(most == 2, "both logs were there")
    }

    @Test("is refused where there is no store")
    func nothing() {
        #expect(throws: StoreError.self) { try reports(SimulatedDisk()) }
    }
}
