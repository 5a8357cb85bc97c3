import Testing

@testable import AuditGateway

struct OriginFactsTests {
    private func facts(
        path: String = "/v1/events", host: String = "127.0.0.1:8080", site: String? = nil,
        origin: String? = nil, hasCredential: Bool = false, isPlainAndLocal: Bool = true
    ) -> OriginFacts {
        OriginFacts(
            path: path, host: host, site: site, origin: origin, hasCredential: hasCredential,
            isPlainAndLocal: isPlainAndLocal)
    }

    @Test func aProgramAndThePageAreAnswered() {
        #expect(facts().refusal == nil)
        #expect(facts(site: "same-origin", origin: "http://127.0.0.1:8080").refusal == nil)
        #expect(facts(site: "none").refusal == nil)
    }

    @Test(arguments: ["cross-site", "same-site", "anything"])
    func pagesOfOtherSitesAreNot(site: String) {
        #expect(facts(site: site).refusal != nil)
        #expect(facts(site: site, hasCredential: true).refusal != nil)
    }

    @Test(arguments: [
        "null", "http://127.0.0.1:3000", "http://example.org", "http://127.0.0.1",
        "https://127.0.0.1:8080.example.org",
    ])
    func pagesOfOtherOriginsAreNot(origin: String) {
        #expect(facts(origin: origin).refusal != nil)
    }

    @Test(arguments: [
        "example.org", "example.org:8080", "localhost.example.org", "127.0.0.1.example.org",
        "127.1.evil", "", "[::2]:8080", "10.0.0.1",
    ])
    func aForeignNameForThisMachineIsNot(host: String) {
        #expect(facts(host: host).refusal != nil)
        // Who shows a credential was not sent by a page, which has none to show.
        #expect(facts(host: host, hasCredential: true).refusal == nil)
        #expect(facts(host: host, isPlainAndLocal: false).refusal == nil)
    }

    @Test(arguments: [
        "localhost", "LOCALHOST:8080", "audit.localhost:8080", "127.0.0.1", "127.8.9.1:80",
        "[::1]", "[::1]:8080",
    ])
    func namesOfThisMachineAreAnswered(host: String) {
        #expect(facts(host: host).refusal == nil)
    }

    @Test func linksToThePageAreLinksFromAnywhere() {
        #expect(facts(path: "/", host: "example.org", site: "cross-site").refusal == nil)
        #expect(facts(path: "/assets/page.css", host: "example.org").refusal == nil)
    }

    /// The router takes them for the path without the empty parts.
    @Test(arguments: [
        "//v1/events", "///v1//events", "/v1//events", "/%761/events", "//", "/nothing",
        "/assets/..//v1/events",
    ])
    func otherSpellingsOfAPathAreGuarded(path: String) {
        #expect(facts(path: path, host: "example.org").refusal != nil)
        #expect(facts(path: path, site: "cross-site").refusal != nil)
    }
}
