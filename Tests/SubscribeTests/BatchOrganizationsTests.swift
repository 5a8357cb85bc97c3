import AuditModel
import Codec
import TestSupport
import Testing

/// Whose events a batch holds, compared with a look at each of them.
struct BatchOrganizationsTests {
    @Test(arguments: 1...20) func agreement(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let names = (0..<Int.random(in: 1...40, using: &random)).map { "organization-\($0)" }
        var events: [Event] = []
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            let name = names.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                events.append(.sample(organization: name))
            }
        }
        let batch = EventBatch.sample(events, first: Sequence(100))
        let all = batch.organizations.runs
        #expect(all.flatMap { Array($0.events) } == Array(events.indices))
        for name in names + ["nobody"] {
            let key = Array(name.utf8).withUnsafeBytes { OrganizationKey($0) }
            let expected = events.indices.filter { events[$0].organizationID == name }
            var found: [Int] = []
            batch.organizations.visit(key) { run in
                found += Array(run)
                return true
            }
            #expect(found == expected, "seed \(seed), \(name)")
            // It ends when it is told to.
            var visits = 0
            batch.organizations.visit(key) { _ in
                visits += 1
                return false
            }
            #expect(visits == (expected.isEmpty ? 0 : 1))
        }
    }
}
