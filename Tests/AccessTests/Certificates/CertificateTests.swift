import AuditModel
import Codec
import SwiftASN1
import Testing
import X509

@testable import Access

@Suite("Client certificates")
struct CertificateTests {
    private typealias Attribute = ASN1ObjectIdentifier.RDNAttributeType
    private let now = Timestamp.epoch.advanced(by: .seconds(1_800_000_000))
    private let authenticator = Authenticator(
        tokens: TokenDirectory(TokenBook(viewerKey: .random())), local: .operator)

    private func identity(
        _ subject: [(ASN1ObjectIdentifier, String)] = [], _ names: [GeneralName] = []
    ) throws -> CertificateIdentity? {
        CertificateIdentity(
            der: try CertificateMaker.certificate(subject: subject, names: names))
    }

    private func use(_ rules: String...) throws {
        let text = #"{"certificates":[\#(rules.joined(separator: ","))]}"#
        authenticator.replace(try AccessRules(json: Array(text.utf8)), .none)
    }

    private func rule(
        _ pattern: String, _ grant: String = #""role":"reader","organization":"acme""#
    ) -> String {
        "{\(pattern),\(grant)}"
    }

    private func caller(
        _ der: [UInt8]?, authorization: Credentials.Authorization = .none
    ) throws -> Caller {
        let credentials = Credentials(
            authorization: authorization, certificate: der, isLocal: true)
        switch authenticator.find(credentials, now: now) {
        case .caller(let caller): return caller
        case .refused(let error): throw error
        case .undecided: preconditionFailure("certificates are decided at once")
        }
    }

    @Test("its names are read")
    func itsNamesAreRead() throws {
        let identity = try identity(
            [
                (Attribute.organizationName, "Example, Inc."), (Attribute.commonName, "ops #1"),
                (Attribute.emailAddress, "ops@example.org"),
            ],
            [
                .uniformResourceIdentifier("spiffe://example.org/billing"),
                .dnsName("CI.example.org"), .rfc822Name("x@example.org"), .dnsName("*.example.org"),
            ])
        #expect(identity?.uris == ["spiffe://example.org/billing"])
        #expect(identity?.dnsNames == ["ci.example.org", "*.example.org"])
        #expect(identity?.subject == #"E=ops@example.org,CN=ops #1,O=Example\, Inc."#)
        #expect(identity?.notAfter?.seconds == 1_900_000_000)
    }

    @Test("one without names has none")
    func oneWithoutNamesHasNone() throws {
        #expect(
            try identity()
                == CertificateIdentity(
                    notAfter: Timestamp.epoch.advanced(by: .seconds(1_900_000_000))))
    }

    @Test("the end of a certificate may lie beyond all times")
    func theEndMayLieBeyondAllTimes() throws {
        // After 2049 the field is of another type; the year 9999 stands for no end (RFC 5280 §4.1.2.5).
        for (end, expected) in [(3_000_000_000, 3_000_000_000), (253_402_300_799, nil)] {
            let der = try CertificateMaker.certificate(end: end)
            #expect(CertificateIdentity(der: der)?.notAfter?.seconds == expected.map(Int64.init))
        }
    }

    @Test("hostile ones are nobody's")
    func hostileOnesAreNobodys() throws {
        let long = String(repeating: "x", count: AccessLimits.certificateNameBytesMax + 1)
        for names: [GeneralName] in [
            [.uniformResourceIdentifier("spiffe://example.org/billing\u{0}.evil")],
            [.dnsName("ci.example.org\u{0}.evil.org")], [.dnsName("")], [.dnsName("a b")],
            [.uniformResourceIdentifier(long)],
            [.uniformResourceIdentifier("spiffe://example.org/a\n")],
            (0...AccessLimits.certificateNamesMax).map { .dnsName("host-\($0)") },
        ] {
            #expect(try identity([], names) == nil, "\(names.prefix(1))")
        }
        for text in ["ops\u{0}", "ops\n2026-01-01 error", "\u{1b}[2J", "o\u{202e}spo", long] {
            #expect(try identity([(Attribute.commonName, text)]) == nil)
        }
        let many = (0...AccessLimits.certificateNamesMax).map { (Attribute.commonName, "\($0)") }
        #expect(try identity(many) == nil)
    }

    @Test("bytes that are no certificate are nobody's, wherever they were changed")
    func bytesThatAreNoCertificate() throws {
        let der = try CertificateMaker.certificate(
            subject: [(Attribute.commonName, "ops")],
            names: [.uniformResourceIdentifier("spiffe://example.org/billing")])
        let whole = try #require(CertificateIdentity(der: der))
        for count in 0..<der.count {
            #expect(CertificateIdentity(der: Array(der.prefix(count))) == nil)
        }
        #expect(CertificateIdentity(der: der + [0]) == nil)
        // A changed byte makes other names or none, and never ends the process.
        var changed = 0
        for index in der.indices {
            var other = der
            other[index] ^= 0x15
            if CertificateIdentity(der: other) != whole { changed += 1 }
        }
        #expect(changed > 50)
        let huge = [UInt8](repeating: 0x30, count: AccessLimits.certificateBytesMax + 1)
        #expect(CertificateIdentity(der: huge) == nil)
    }

    @Test("the first rule that fits says who calls")
    func theFirstRuleThatFits() throws {
        try use(
            rule(
                #""uri":"spiffe://example.org/billing""#,
                #""role":"recorder","organization":"acme","source":"BILLING","name":"billing""#),
            rule(#""uri":"spiffe://example.org/*""#, #""role":"reader","organizations":["a","b"]"#),
            rule(#""subject":"CN=ops,O=Example""#, #""role":"operator""#),
            rule(#""dns":"CI.example.org""#))
        let billing = try caller(
            CertificateMaker.certificate(
                names: [.uniformResourceIdentifier("spiffe://example.org/billing")]))
        #expect(
            billing.identity
                == Identity(.certificate, id: "spiffe://example.org/billing", name: "billing"))
        #expect(billing.roles == .recorder && billing.source == "BILLING")
        #expect(billing.reach == Reach(organization: "acme"))
        #expect(billing.expiresAt?.seconds == 1_900_000_000)
        let other = try caller(
            CertificateMaker.certificate(
                names: [.uniformResourceIdentifier("spiffe://example.org/a/b")]))
        #expect(other.identity.id == "spiffe://example.org/a/b")
        #expect(other.reach == .only([Array("a".utf8), Array("b".utf8)]))
        let ops = try caller(
            CertificateMaker.certificate(subject: [
                (Attribute.organizationName, "Example"), (Attribute.commonName, "ops"),
            ]))
        #expect(ops.identity.id == "CN=ops,O=Example" && ops.reach == .all)
        let host = try caller(
            CertificateMaker.certificate(names: [.dnsName("ci.Example.org")]))
        #expect(host.identity.id == "ci.example.org")
    }

    @Test("a certificate with two URIs has no SPIFFE id")
    func aCertificateWithTwoURIsHasNoSPIFFEID() throws {
        try use(rule(#""uri":"spiffe://example.org/*""#), rule(#""uri":"urn://x/y""#))
        let uris = ["spiffe://example.org/a", "urn://x/y"]
        #expect(
            try caller(
                CertificateMaker.certificate(names: uris.map { .uniformResourceIdentifier($0) })
            ).identity.id == "urn://x/y")
        #expect(throws: AccessError.self) {
            try caller(
                CertificateMaker.certificate(
                    names: ["spiffe://example.org/a", "spiffe://example.org/b"]
                        .map { .uniformResourceIdentifier($0) }))
        }
    }

    @Test("one without a rule does not fall back to being on this machine")
    func oneWithoutARuleDoesNotFallBack() throws {
        let der = try CertificateMaker.certificate(subject: [(Attribute.commonName, "ops")])
        #expect(try caller(der).identity.credential == .local)
        try use(rule(#""subject":"CN=other""#))
        #expect(throws: AccessError.noRule(names: "subject:CN=ops")) { try caller(der) }
        #expect(throws: AccessError.certificate) { try caller([1, 2, 3]) }
        #expect(try caller(nil).identity.credential == .local)
        try use()
        #expect(throws: AccessError.noRule(names: "subject:CN=ops")) { try caller(der) }
    }

    @Test("a bad token does not fall back to the certificate")
    func aBadTokenDoesNotFallBack() throws {
        let der = try CertificateMaker.certificate(subject: [(Attribute.commonName, "ops")])
        try use(rule(#""subject":"CN=ops""#))
        #expect(try caller(der).identity.credential == .certificate)
        for authorization: Credentials.Authorization in [
            .bearer("x"), .bearer("a.b.c"), .bearer(TokenText.random().text), .unusable,
        ] {
            #expect(throws: AccessError.unknown) { try caller(der, authorization: authorization) }
        }
    }

    @Test("a rule that is gone ends its callers, one that stays does not")
    func aRuleThatIsGoneEndsItsCallers() throws {
        let one = try CertificateMaker.certificate(subject: [(Attribute.commonName, "one")])
        let two = try CertificateMaker.certificate(subject: [(Attribute.commonName, "two")])
        let (first, second) = (rule(#""subject":"CN=one""#), rule(#""subject":"CN=two""#))
        try use(first, second)
        let callers = (try caller(one), try caller(two))
        #expect(try caller(one) === callers.0)
        try use(second)
        #expect(callers.0.refusal(now: now) == .revoked)
        #expect(callers.1.refusal(now: now) == nil)
        #expect(try caller(two) === callers.1)
        #expect(throws: AccessError.noRule(names: "subject:CN=one")) { try caller(one) }
        try use(first, second)
        #expect(try caller(one).refusal(now: now) == nil)
    }

    @Test("who is known by another rule now ends")
    func whoIsKnownByAnotherRuleNowEnds() throws {
        let der = try CertificateMaker.certificate(
            subject: [(Attribute.commonName, "ops")], names: [.dnsName("ops.example.org")])
        let (subject, dns) = (
            rule(#""subject":"CN=ops""#, #""role":"operator""#), rule(#""dns":"ops.example.org""#)
        )
        try use(subject)
        let before = try caller(der)
        try use(dns, subject)
        #expect(before.refusal(now: now) == .revoked)
        #expect(try caller(der).roles == .reader)
    }

    @Test("it ends with its certificate")
    func itEndsWithItsCertificate() throws {
        try use(rule(#""subject":"CN=ops""#))
        let der = try CertificateMaker.certificate(
            subject: [(Attribute.commonName, "ops")], end: 1_800_000_001)
        let caller = try caller(der)
        #expect(caller.refusal(now: now.advanced(by: .seconds(1))) == .expired)
        let ended = try CertificateMaker.certificate(
            subject: [(Attribute.commonName, "ops")], end: 1_799_999_999)
        #expect(throws: AccessError.expired) { try self.caller(ended) }
    }
}

@Suite("URIs of rules")
struct URIPatternTests {
    @Test(
        "what a pattern fits",
        arguments: [
            ("spiffe://example.org/a", "spiffe://example.org/a", true),
            ("spiffe://example.org/a", "spiffe://example.org/a/", false),
            ("spiffe://example.org/a", "spiffe://example.org/A", false),
            ("spiffe://example.org/a", "spiffe://example.org/ab", false),
            ("spiffe://example.org/a/*", "spiffe://example.org/a/b", true),
            ("spiffe://example.org/a/*", "spiffe://example.org/a/b/c", true),
            ("spiffe://example.org/a/*", "spiffe://example.org/a", false),
            ("spiffe://example.org/a/*", "spiffe://example.org/a/", false),
            ("spiffe://example.org/a/*", "spiffe://example.org/ab/c", false),
            ("spiffe://example.org/a/*", "spiffe://example.org/a/../ops", false),
            ("spiffe://example.org/a/*", "spiffe://example.org/a/.", false),
            ("spiffe://example.org/a/*", "spiffe://example.org/a//b", false),
            ("spiffe://example.org/a/*", "spiffe://example.org/a/%2e%2e/ops", false),
            ("spiffe://example.org/a/*", "spiffe://example.org/a/b?c", false),
            ("spiffe://example.org/*", "spiffe://example.org.evil/a", false),
            ("spiffe://example.org/*", "spiffe://example.org/a", true),
        ])
    func whatAPatternFits(pattern: String, uri: String, fits: Bool) throws {
        #expect(try #require(URIPattern(pattern)).matches(uri) == fits)
    }

    @Test("patterns that are too wide, or none")
    func patternsThatAreTooWide() {
        for text in [
            "", "*", "/*", "spiffe://*", "spiffe:///*", "spiffe://*/a", "spiffe://a*", "://a/*",
            "spiffe://a/*/b", "spiffe://a/b*", "spiffe://a/**", "a b://c", "spiffe:a",
        ] {
            #expect(URIPattern(text) == nil, "\(text)")
        }
    }
}
