import Access
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

@Suite("Quotas of a running server")
struct QuotaOfficeTests {
    private let boss = Caller(Identity(.local), .operator, .all)
    private let change = SetQuotaRequest(organizationID: "acme", quota: Quota(subscribers: 3))

    private func open(_ disk: SimulatedDisk) throws -> QuotaOffice {
        // Makes the folder, and makes it durable.
        _ = try EventStore.open(
            StoreConfiguration(directory: "data", terms: EventTerms.extractor), fileSystem: disk)
        return try QuotaOffice(
            QuotaFile(in: "data", fileSystem: disk),
            tokens: TokenDirectory(TokenBook(viewerKey: .random())))
    }

    @Test("a change that was answered survives a power cut, at every step of its writing")
    func survives() throws {
        var step = 0
        var answered = false
        while !answered {
            let disk = SimulatedDisk()
            let office = try open(disk)
            disk.plan = FaultPlan(failingStep: disk.steps + step, persists: step % 2 == 0)
            answered = (try? office.set(change, by: boss)) != nil
            let held = office.directory.book
            #expect(held.quotas.isEmpty != answered, "in force when it is answered")
            var generator = SeededGenerator(seed: UInt64(step))
            let after = try open(disk.afterPowerCut(using: &generator)).directory.book
            if answered { #expect(after == held) }
            // Whole, or not at all.
            #expect(after.quotas.isEmpty || after.quotas.values.first == change.quota)
            step += 1
        }
        #expect(step > 3)
    }

    @Test("a change that changes nothing is not written")
    func aChangeThatChangesNothingIsNotWritten() throws {
        let disk = SimulatedDisk()
        let office = try open(disk)
        _ = try office.set(change, by: boss)
        let steps = disk.steps
        let again = try office.set(change, by: boss)
        #expect(again.before == again.after && disk.steps == steps)
    }

    @Test("a damaged file keeps the server from starting, and says what to do")
    func damaged() throws {
        let disk = SimulatedDisk()
        _ = try open(disk)
        try disk.replace("data/quotas.json", with: Array("{".utf8))
        do {
            _ = try open(disk)
            Issue.record("the quotas were read")
        } catch let error as ServiceError {
            #expect(error.message.contains("data/quotas.json is damaged"))
        }
    }
}
