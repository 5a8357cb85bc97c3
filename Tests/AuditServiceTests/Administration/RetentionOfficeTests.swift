import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

@Suite("Retention of a running server")
struct RetentionOfficeTests {
    private let team = SetRetentionRequest(
        organizationID: "acme", change: .policy(RetentionPolicy(plan: .team)))

    private func open(_ disk: SimulatedDisk) throws -> RetentionOffice {
        let store = try EventStore.open(
            StoreConfiguration(directory: "data", terms: EventTerms.extractor), fileSystem: disk
        ).store
        return try RetentionOffice(
            store: store, sequences: SequenceBook(store: store), dataDirectory: "data",
            configured: .seconds(50), fileSystem: disk)
    }

    @Test("a change that was answered survives a power cut, at every step of its writing")
    func survives() throws {
        var step = 0
        var answered = false
        while !answered {
            let disk = SimulatedDisk()
            let office = try open(disk)
            disk.plan = FaultPlan(failingStep: disk.steps + step, persists: step % 2 == 0)
            answered = (try? office.set(team)) != nil
            let held = answered ? office.policies : nil
            var generator = SeededGenerator(seed: UInt64(step))
            let after = try open(disk.afterPowerCut(using: &generator))
            if let held { #expect(after.policies == held) }
            // Whole, or not at all.
            let plan = after.policies.retention(of: "acme").policy.plan
            #expect(plan == .team || plan == .unspecified && !answered, "step \(step)")
            step += 1
        }
        #expect(step > 3)
    }

    @Test("a dry run says what would be hidden, and changes nothing")
    func dryRun() throws {
        let disk = SimulatedDisk()
        let store = try EventStore.open(
            StoreConfiguration(directory: "data", terms: EventTerms.extractor), fileSystem: disk
        ).store
        var generator = SeededGenerator(seed: 3)
        for age in [40, 20, 0] {
            var events = StoreOracle.Stored.random(count: 1, using: &generator)
            events[0].organization = "acme"
            try store.store(events, now: Timestamp.now.advanced(by: .seconds(-age)))
        }
        let office = try RetentionOffice(
            store: store, sequences: SequenceBook(store: store), dataDirectory: "data",
            configured: nil, fileSystem: disk)
        var request = SetRetentionRequest(
            organizationID: "acme", change: .policy(RetentionPolicy(maxAge: .seconds(30))),
            dryRun: true)
        let dry = try office.set(request)
        #expect(dry.oldestSequenceBefore == Sequence(1))
        #expect(dry.oldestSequenceAfter == Sequence(2))
        #expect(store.bounds(of: Array("acme".utf8)).oldest == Sequence(1))
        #expect(office.policies == RetentionPolicies(configured: nil))
        request.dryRun = false
        #expect(try office.set(request).oldestSequenceAfter == Sequence(2))
        #expect(store.bounds(of: Array("acme".utf8)).oldest == Sequence(2))
    }

    @Test("a damaged file keeps the server from starting, and says what to do")
    func damaged() throws {
        let disk = SimulatedDisk()
        _ = try open(disk)
        try disk.replace("data/policies.json", with: Array("{".utf8))
        do {
            _ = try open(disk)
            Issue.record("the policies were read")
        } catch let error as ServiceError {
            #expect(error.message.contains("data/policies.json is damaged"))
        }
    }
}
