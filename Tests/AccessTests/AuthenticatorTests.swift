import AuditModel
import Codec
import Testing

@testable import Access

@Suite("Who makes a call")
struct AuthenticatorTests {
    private let now = Timestamp.epoch.advanced(by: .seconds(1_800_000_000))

    private func error(
        _ authorization: Credentials.Authorization, isLocal: Bool, local: LocalAccess
    ) -> AccessError? {
        let tokens = TokenDirectory(TokenBook(viewerKey: .random()))
        let found = Authenticator(tokens: tokens, local: local).find(
            Credentials(authorization: authorization, certificate: nil, isLocal: isLocal), now: now)
        if case .refused(let error) = found { return error }
        return nil
    }

    @Test("only callers on this machine need no credential")
    func onlyCallersOnThisMachineNeedNoCredential() {
        #expect(error(.none, isLocal: true, local: .development) == nil)
        #expect(error(.none, isLocal: true, local: .operator) == nil)
        #expect(error(.none, isLocal: true, local: .none) == .missing)
        #expect(error(.none, isLocal: false, local: .operator) == .missing)
    }

    @Test("a bad credential is not none")
    func aBadCredentialIsNotNone() {
        for text in [
            "Bearer x", "Bearer auditrpc_", "bearer auditrpcv_00", "Basic YTpi", "Bearer ",
            "Bearer",
            "Bearer \(TokenText.random().text)", "Bearer a.b.c", "", "auditrpc",
            "Bearer " + String(repeating: "x", count: AccessLimits.authorizationBytesMax),
        ] {
            #expect(error(.init(text), isLocal: true, local: .operator) == .unknown, "\(text)")
        }
        #expect(error(.unusable, isLocal: true, local: .operator) == .unknown)
    }

    @Test("the scheme is of either case")
    func theSchemeIsOfEitherCase() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            #expect(Credentials.Authorization("\(scheme) abc") == .bearer("abc"))
        }
    }

    @Test("development is one organization")
    func developmentIsOneOrganization() throws {
        let caller = try #require(LocalAccess.development.caller)
        #expect(try caller.organization(named: "") == "development")
        #expect(throws: AccessError.organization) { try caller.organization(named: "acme") }
        #expect(caller.roles.isDisjoint(with: .operator))
    }
}

@Suite("What a caller may reach")
struct CallerTests {
    private func caller(_ reach: Reach) -> Caller { Caller(Identity(.jwt), .reader, reach) }

    @Test("a request is about the caller's organization")
    func aRequestIsAboutTheCallersOrganization() throws {
        let one = caller(Reach(organization: "acme"))
        #expect(try one.organization(named: "") == "acme")
        #expect(try one.organization(named: "acme") == "acme")
        for other in ["Acme", "acme ", "other", "acm"] {
            #expect(throws: AccessError.organization) { try one.organization(named: other) }
        }
        #expect(try caller(.all).organization(named: "") == "")
        #expect(try caller(.all).organization(named: "other") == "other")
    }

    @Test("who has several names one")
    func whoHasSeveralNamesOne() throws {
        let two = caller(.only([Array("a".utf8), Array("b".utf8)]))
        #expect(throws: AccessError.organizationNeeded) { try two.organization(named: "") }
        #expect(try two.organization(named: "b") == "b")
        #expect(throws: AccessError.organization) { try two.organization(named: "c") }
    }

    /// Swift's strings compare what they look like; organizations are bytes.
    @Test("names that look alike are two")
    func namesThatLookAlikeAreTwo() throws {
        let composed = caller(Reach(organization: "caf\u{e9}"))
        #expect(throws: AccessError.organization) {
            try composed.organization(named: "cafe\u{301}")
        }
    }
}

@Suite("The table of roles")
struct AccessTableTests {
    @Test("what is not in it is for nobody")
    func whatIsNotInItIsForNobody() {
        for path in ["/auditrpc.v1.AuditLog/Drop", "/other/Method", ""] {
            #expect(!AccessTable.rule(for: path).allows(.all))
        }
    }

    @Test("only health is for everyone")
    func onlyHealthIsForEveryone() {
        for (path, rule) in AccessTable.rules where rule.allows([]) {
            #expect(path.hasPrefix("/grpc.health.v1.Health/"), "\(path)")
        }
    }
}
