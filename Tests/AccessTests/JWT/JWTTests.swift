import AuditModel
import Codec
import Crypto
import TestSupport
import Testing

@testable import Access

@Suite("JWTs")
struct JWTTests {
    private let now = Timestamp.epoch.advanced(by: .seconds(1_800_000_000))
    private let key = SigningKey("k1")
    private let authenticator = Authenticator(
        tokens: TokenDirectory(TokenBook(viewerKey: .random())), local: .operator)

    /// What a good token says, each on a line of its own so that tests can change one.
    private static let claims = """
        {"iss":"https://login.example.org",
        "aud":"auditrpc",
        "sub":"user-7",
        "exp":1800000600,
        "nbf":1799999990,
        "iat":1799999990,
        "org":"acme",
        "role":"audit-reader",
        "email":"ada@example.org"}
        """

    private static func rules(_ changes: [String: String] = [:]) throws -> AccessRules {
        var text = """
            {"jwt":{"issuer":"https://login.example.org","audience":"auditrpc","jwks":"k.json",
            "organization_claim":"org","role_claim":"role","name_claim":"email",
            "roles":{"audit-reader":"reader","audit-recorder":"recorder","root":"operator"}}}
            """
        for (part, instead) in changes { text = text.replacing(part, with: instead) }
        return try AccessRules(json: Array(text.utf8))
    }

    private func start() async throws {
        authenticator.replace(try Self.rules(), try await SigningKey.keySet(key))
    }

    private func find(_ token: String, now: Timestamp? = nil) -> Authenticator.Finding {
        authenticator.find(
            Credentials(authorization: .bearer(token), certificate: nil, isLocal: true),
            now: now ?? self.now)
    }

    private func caller(
        _ token: String, now: Timestamp? = nil
    ) -> Result<Caller, AccessError> {
        switch find(token, now: now) {
        case .caller(let caller): .success(caller)
        case .refused(let error): .failure(error)
        case .undecided(let candidate):
            authenticator.caller(verifying: candidate, now: now ?? self.now)
        }
    }

    private func error(_ token: String, now: Timestamp? = nil) -> AccessError? {
        if case .failure(let error) = caller(token, now: now) { return error }
        return nil
    }

    private func token(_ part: String = "", _ instead: String = "") throws -> String {
        let claims = part.isEmpty ? Self.claims : Self.claims.replacing(part, with: instead)
        if !part.isEmpty { #expect(claims != Self.claims, "\(part)") }
        return try key.sign(claims)
    }

    @Test("a good one tells who calls")
    func aGoodOneTellsWhoCalls() async throws {
        try await start()
        let caller = try caller(token()).get()
        #expect(
            caller.identity
                == Identity(
                    .jwt, id: "user-7", name: "https://login.example.org",
                    displayName: "ada@example.org"))
        #expect(
            caller.identity.actor
                == Event.Actor(type: .user, id: "user-7", name: "ada@example.org"))
        #expect(caller.roles == .reader)
        #expect(caller.reach == Reach(organization: "acme"))
        #expect(caller.expiresAt?.seconds == 1_800_000_600)
    }

    @Test("all calls with one token have one caller, at once from the second on")
    func allCallsWithOneTokenHaveOneCaller() async throws {
        try await start()
        let token = try token()
        // Two calls that come before the first is decided.
        guard case .undecided(let one) = find(token), case .undecided(let two) = find(token) else {
            Issue.record("decided without a look at the signature")
            return
        }
        let first = try authenticator.caller(verifying: one, now: now).get()
        #expect(try authenticator.caller(verifying: two, now: now).get() === first)
        guard case .caller(let third) = find(token) else {
            Issue.record("not remembered")
            return
        }
        #expect(third === first)
    }

    @Test(
        "what it must say",
        arguments: [
            ("login.example.org", "login.example.com", JWTFault.issuer),
            (#""iss":"https://login.example.org","#, "", .issuer),
            (#""aud":"auditrpc""#, #""aud":"auditrpc2""#, .audience),
            (#""aud":"auditrpc""#, #""aud":["other","AUDITRPC"]"#, .audience),
            (#""aud":"auditrpc""#, #""aud":["auditrpc",7]"#, .audience),
            (#""aud":"auditrpc","#, "", .audience),
            (#""exp":1800000600,"#, "", .claim("exp")),
            (#""exp":1800000600"#, #""exp":"1800000600""#, .claim("exp")),
            (#""exp":1800000600"#, #""exp":null"#, .claim("exp")),
            (#""nbf":1799999990"#, #""nbf":1800000061"#, .notYetValid),
            (#""iat":1799999990"#, #""iat":1800000061"#, .notYetValid),
            (#""iat":1799999990"#, #""iat":1e400"#, .notYetValid),
            (#""nbf":1799999990"#, #""nbf":-1"#, .claim("nbf")),
            (#""sub":"user-7","#, "", .claim("sub")),
            (#""sub":"user-7""#, #""sub":"""#, .claim("sub")),
            (#""sub":"user-7""#, #""sub":"user\u00007""#, .claim("sub")),
            (#""sub":"user-7""#, #""sub":"user\n7""#, .claim("sub")),
            (#""org":"acme","#, "", .claim("org")),
            (#""org":"acme""#, #""org":[]"#, .claim("org")),
            (#""org":"acme""#, #""org":["acme",""]"#, .claim("org")),
            (#""org":"acme""#, #""org":["acme",null]"#, .claim("org")),
        ])
    func whatItMustSay(part: String, instead: String, fault: JWTFault) async throws {
        try await start()
        #expect(try error(token(part, instead)) == .jwt(fault))
    }

    @Test("it ends to the second, and may begin a minute early")
    func itEndsToTheSecond() async throws {
        try await start()
        let end = now.advanced(by: .seconds(600))
        #expect(try error(token(), now: end) == .expired)
        #expect(try error(token(), now: end.advanced(by: .milliseconds(-1))) == nil)
        #expect(try error(token("1799999990", "1800000060")) == nil)
        #expect(try error(token("1800000600", "1800000000.25")) == nil)
        #expect(try error(token("1800000600", "1800000000.0")) == .expired)
        // A caller who was let in is refused when it has ended, which is what ends his streams.
        let caller = try caller(token()).get()
        #expect(caller.refusal(now: end) == .expired)
    }

    @Test("what is beyond all times does not end")
    func whatIsBeyondAllTimesDoesNotEnd() async throws {
        try await start()
        for far in ["9300000000", "1e300"] {
            #expect(try error(token("1800000600", far)) == nil)
        }
    }

    @Test("the claims that may be lists")
    func theClaimsThatMayBeLists() async throws {
        try await start()
        _ = try caller(token(#""aud":"auditrpc""#, #""aud":["x","auditrpc"]"#)).get()
        let organizations = try caller(token(#""org":"acme""#, #""org":["acme","globex"]"#)).get()
        #expect(organizations.reach == .only([Array("acme".utf8), Array("globex".utf8)]))
        let roles = try caller(
            token(#""audit-reader""#, #"["audit-recorder","staff","audit-reader"]"#)
        ).get()
        #expect(roles.roles == [.reader, .recorder])
    }

    @Test("a role that is none here may do nothing")
    func aRoleThatIsNoneHereMayDoNothing() async throws {
        try await start()
        for role in [#""staff""#, "[]", "7", #""reader""#, #""operator""#, #""Audit-Reader""#] {
            #expect(try caller(token(#""audit-reader""#, role)).get().roles == [], "\(role)")
        }
        #expect(try caller(token("audit-reader", "root")).get().reach == .all)
    }

    @Test("without a table of roles there is no operator")
    func withoutATableOfRolesThereIsNoOperator() async throws {
        let table =
            #","roles":{"audit-reader":"reader","audit-recorder":"recorder","root":"operator"}"#
        let rules = try Self.rules([",\n" + table.dropFirst(): ""])
        #expect(rules.jwt?.roles == nil)
        authenticator.replace(rules, try await SigningKey.keySet(key))
        #expect(try caller(token("audit-reader", "reader")).get().roles == .reader)
        #expect(try caller(token("audit-reader", "operator")).get().roles == [])
        #expect(try caller(token("audit-reader", "viewer")).get().roles == [])
    }

    @Test("none is accepted that no key has signed")
    func noneIsAcceptedThatNoKeyHasSigned() async throws {
        try await start()
        func signed(_ header: String) throws -> String {
            try key.sign(Self.claims, header: header)
        }
        #expect(
            try error(signed(#"{"alg":"none","kid":"k1"}"#)) == .jwt(.algorithm))
        let unsigned = try signed(#"{"alg":"none","kid":"k1"}"#).split(separator: ".")[..<2]
        #expect(error(unsigned.joined(separator: ".") + ".") == .jwt(.algorithm))
        for algorithm in ["HS256", "RS256", "ES384", "es256", "EdDSA", ""] {
            #expect(
                try error(signed(#"{"alg":"\#(algorithm)","kid":"k1"}"#)) == .jwt(.algorithm))
        }
        #expect(try error(signed(#"{"alg":"ES256","kid":"k2"}"#)) == .jwt(.key))
        #expect(try error(signed(#"{"alg":"ES256"}"#)) == .jwt(.key))
        #expect(
            try error(signed(#"{"alg":"ES256","kid":"k1","crit":["exp"]}"#)) == .jwt(.critical))
        // Another key of the same name.
        #expect(try error(SigningKey("k1").sign(Self.claims)) == .jwt(.signature))
    }

    @Test("HMAC with the public key as its secret is no signature")
    func hmacWithThePublicKeyIsNoSignature() async throws {
        try await start()
        for secret in [key.jwk, key.jwk + "\n"] {
            let header = #"{"alg":"HS256","kid":"k1"}"#
            let signed = base64URL(Array(header.utf8)) + "." + base64URL(Array(Self.claims.utf8))
            let code = HMAC<SHA256>.authenticationCode(
                for: Array(signed.utf8), using: SymmetricKey(data: Array(secret.utf8)))
            #expect(error(signed + "." + base64URL(Array(code))) == .jwt(.algorithm))
        }
    }

    @Test("a changed one is refused, whatever has been changed")
    func aChangedOneIsRefused() async throws {
        try await start()
        let parts = try token().split(separator: ".").map(String.init)
        let other = try token("acme", "globex").split(separator: ".").map(String.init)
        func joined(_ parts: [String]) -> String { parts.joined(separator: ".") }
        #expect(error(joined([parts[0], other[1], parts[2]])) == .jwt(.signature))
        for signature in ["", "AAAA", String(parts[2].dropLast(2)), parts[2] + "AA"] {
            #expect(error(joined([parts[0], parts[1], signature])) == .jwt(.signature))
        }
        #expect(
            error(joined([parts[0], parts[1], base64URL(Array(repeating: 0, count: 64))])) != nil)
    }

    @Test("a text that is none cannot be read, or is not known")
    func aTextThatIsNoneCannotBeRead() async throws {
        try await start()
        let parts = try token().split(separator: ".").map(String.init)
        func joined(_ parts: [String]) -> String { parts.joined(separator: ".") }
        let notUTF8 = base64URL([0x7b, 0xff, 0x7d])
        for text in [
            joined([parts[0] + "=", parts[1], parts[2]]), joined([parts[0], parts[1], "a+b/"]),
            joined([parts[0], base64URL(Array("[1]".utf8)), parts[2]]),
            joined([base64URL(Array("7".utf8)), parts[1], parts[2]]),
            joined([notUTF8, parts[1], parts[2]]),
            joined([base64URL(Array("{}".utf8)), "e30", "e30"]),
            "..", "a.b.c",
        ] {
            #expect(error(text) == .jwt(.malformed), "\(text)")
        }
        for text in [joined(parts + ["x"]), joined([parts[0], parts[1]]), "x"] {
            #expect(error(text) == .unknown)
        }
        let nested = String(repeating: "[", count: 3_000) + String(repeating: "]", count: 3_000)
        #expect(try error(token(#""acme""#, nested)) == .jwt(.malformed))
    }

    @Test("base64 has one way to write a value")
    func base64HasOneWayToWriteAValue() {
        #expect(Base64URL.bytes("".utf8) == [])
        #expect(Base64URL.bytes("_-8".utf8) == [0xff, 0xef])
        for text in ["A", "_-9", "_-8=", "_/8", "_-8 ", "AAAAA"] {
            #expect(Base64URL.bytes(text.utf8) == nil, "\(text)")
        }
    }

    @Test("keys are replaced: who came by one that is gone ends, the others go on")
    func keysAreReplaced() async throws {
        let next = SigningKey("k2")
        authenticator.replace(try Self.rules(), try await SigningKey.keySet(key, next))
        let (old, new) = (try token(), try next.sign(Self.claims))
        let (first, second) = (try caller(old).get(), try caller(new).get())
        let generation = authenticator.generation
        authenticator.replace(try Self.rules(), try await SigningKey.keySet(next))
        #expect(authenticator.generation != generation)
        #expect(first.refusal(now: now) == .revoked)
        #expect(second.refusal(now: now) == nil)
        #expect(error(old) == .jwt(.key))
        #expect(try caller(new).get() === second)
        // It comes back, and the callers of before do not.
        authenticator.replace(try Self.rules(), try await SigningKey.keySet(key, next))
        #expect(try caller(old).get() !== first)
        #expect(try caller(old).get().refusal(now: now) == nil)
    }

    @Test("another key under the same kid is another key")
    func anotherKeyUnderTheSameKidIsAnotherKey() async throws {
        try await start()
        let token = try token()
        let caller = try caller(token).get()
        authenticator.replace(try Self.rules(), try await SigningKey.keySet(SigningKey("k1")))
        #expect(caller.refusal(now: now) == .revoked)
        #expect(error(token) == .jwt(.signature))
    }

    @Test("a key that goes while a signature is looked at lets nobody in")
    func aKeyThatGoesMeanwhileLetsNobodyIn() async throws {
        try await start()
        guard case .undecided(let candidate) = find(try token()) else {
            Issue.record("decided without a look at the signature")
            return
        }
        authenticator.replace(try Self.rules(), try await SigningKey.keySet(SigningKey("k2")))
        let found = authenticator.caller(verifying: candidate, now: now)
        #expect(throws: AccessError.revoked) { try found.get() }
    }

    @Test("other settings end those who came by the ones before")
    func otherSettingsEndThoseOfBefore() async throws {
        try await start()
        let token = try token()
        let reader = try caller(token).get()
        let changed = try Self.rules([#""audit-reader":"reader""#: #""audit-reader":"admin""#])
        authenticator.replace(changed, try await SigningKey.keySet(key))
        #expect(reader.refusal(now: now) == .revoked)
        #expect(try caller(token).get().roles == .admin)
        authenticator.replace(.none, .none)
        #expect(error(token) == .unknown)
    }
}
