import Codec
import EventStore
import Testing

@testable import AuditService

@Suite("Retention policies")
struct RetentionPoliciesTests {
    private func policies(_ requests: SetRetentionRequest...) throws -> RetentionPolicies {
        var policies = RetentionPolicies(configured: .seconds(100))
        for request in requests { try policies.apply(request) }
        return policies
    }

    private let team = SetRetentionRequest(
        organizationID: "acme", change: .policy(RetentionPolicy(plan: .team)))

    @Test("an organization without a policy has the default one, and says so")
    func inherits() throws {
        let retention = try policies().retention(of: "acme")
        #expect(retention.inherited)
        #expect(retention.policy.effectiveAge == .seconds(100))
    }

    @Test("a plan brings its age; the default policy and a hold are changed apart from it")
    func plans() throws {
        let policies = try policies(
            team, SetRetentionRequest(organizationID: "acme", legalHold: .on),
            SetRetentionRequest(change: .policy(RetentionPolicy())))
        #expect(
            policies.retention(of: "acme")
                == OrganizationRetention(
                    organizationID: "acme",
                    policy: RetentionPolicy(plan: .team, maxAge: .seconds(7 * 86_400)),
                    legalHold: true))
        #expect(policies.retention(of: "other").policy.effectiveAge == nil)
        #expect(
            policies.rules
                == RetentionRules(
                    standard: nil, ages: [Array("acme".utf8): Duration.seconds(7 * 86_400)],
                    holds: [Array("acme".utf8)]))
    }

    @Test("names that read the same and differ in their bytes are two organizations")
    func composedNames() throws {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        try #require(composed == decomposed)
        let both = try policies(
            SetRetentionRequest(organizationID: composed, legalHold: .on),
            SetRetentionRequest(
                organizationID: decomposed, change: .policy(RetentionPolicy(maxAge: .seconds(5)))))
        #expect(both.retention(of: composed).legalHold)
        #expect(both.retention(of: composed).inherited)
        #expect(!both.retention(of: decomposed).legalHold)
        #expect(
            both.rules
                == RetentionRules(
                    standard: .seconds(100), ages: [Array(decomposed.utf8): Duration.seconds(5)],
                    holds: [Array(composed.utf8)]))
        #expect(try RetentionPolicies(json: both.json, configured: .seconds(100)) == both)
        // Pages of one go through both, in the order of their bytes.
        var names: [[UInt8]] = []
        var token = ""
        repeat {
            let page = both.page(ListRetentionRequest(pageSize: 1, pageToken: token))
            names += page.retentions.map { Array($0.organizationID.utf8) }
            token = page.nextPageToken
        } while !token.isEmpty
        #expect(names == [[], Array(decomposed.utf8), Array(composed.utf8)])
    }

    @Test("what inherits everything is forgotten")
    func forgets() throws {
        let policies = try policies(
            team, SetRetentionRequest(organizationID: "acme", legalHold: .on),
            SetRetentionRequest(organizationID: "acme", change: .inherit, legalHold: .off))
        #expect(policies == RetentionPolicies(configured: .seconds(100)))
    }

    @Test("the file gives back what was written")
    func roundTrip() throws {
        let policies = try policies(
            team, SetRetentionRequest(organizationID: "héld \"one\"", legalHold: .on),
            SetRetentionRequest(
                organizationID: "ever", change: .policy(RetentionPolicy(plan: .enterprise))),
            SetRetentionRequest(
                change: .policy(RetentionPolicy(maxAge: .seconds(5)))))
        #expect(try RetentionPolicies(json: policies.json, configured: .seconds(100)) == policies)
    }

    @Test(
        "a file that cannot be understood is refused with the reason, never read as another policy",
        arguments: [
            ("", "not valid JSON"), ("[]", "not an object"), ("{}", "version"),
            (#"{"version":2,"organizations":[]}"#, "version"),
            (#"{"version":1}"#, "organizations"),
            (#"{"version":1,"organizations":[{}]}"#, "id"),
            (#"{"version":1,"organizations":[{"id":"a"},{"id":"a"}]}"#, "id"),
            (#"{"version":1,"organizations":[{"id":"a","policy":{"plan":"GOLD"}}]}"#, "plan"),
            (#"{"version":1,"organizations":[{"id":"a","legal_hold":"yes"}]}"#, "legal_hold"),
            (
                #"{"version":1,"default":{"max_age_seconds":-1},"organizations":[]}"#,
                "max_age_seconds"
            ),
        ])
    func refuses(text: String, reason: String) {
        do {
            _ = try RetentionPolicies(json: Array(text.utf8), configured: nil)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.reason.contains(reason), "\(error.reason)")
        }
    }

    @Test("pages list every organization once, in order, after the default")
    func pages() throws {
        var policies = RetentionPolicies(configured: nil)
        for name in ["b", "c", "a", "aa", "é"] {
            try policies.apply(SetRetentionRequest(organizationID: name, legalHold: .on))
        }
        var names: [String] = []
        var token = ""
        repeat {
            let page = policies.page(ListRetentionRequest(pageSize: 2, pageToken: token))
            names += page.retentions.map(\.organizationID)
            #expect(page.retentions.count <= 2)
            token = page.nextPageToken
        } while !token.isEmpty
        #expect(names == ["", "a", "aa", "b", "c", "é"])
    }
}
