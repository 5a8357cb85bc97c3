import AuditModel
import Codec
import Testing

@testable import Access

/// A book, and times to ask it at.
private struct Fixture {
    let start = Timestamp.epoch.advanced(by: .seconds(1_800_000_000))
    var book = TokenBook(viewerKey: .random())

    mutating func make(
        _ name: String = "ci", role: Role = .recorder, organization: String = "acme",
        lifetime: Duration? = nil, after delay: Duration = .zero
    ) throws -> (token: Token, secret: TokenText) {
        let made = book.create(
            CreateTokenRequest(name: name, role: role, source: "GITHUB", lifetime: lifetime),
            organizationID: organization, now: start.advanced(by: delay))
        return try #require(made)
    }

    mutating func rotate(
        _ token: Token, overlap: Duration, now: Timestamp
    ) throws -> TokenText {
        let rotated = book.rotate(token.id, overlap: overlap, now: now)
        return try #require(rotated).secret
    }
}

@Suite("The book of API tokens")
struct TokenBookTests {
    @Test("a file holds everything but the secrets")
    func aFileHoldsEverythingButTheSecrets() throws {
        var fixture = Fixture()
        let (_, first) = try fixture.make("first", role: .operator, organization: "")
        let (expiring, second) = try fixture.make(lifetime: .seconds(60))
        let rotated = try fixture.rotate(expiring, overlap: .seconds(9), now: fixture.start)
        let (gone, third) = try fixture.make("gone")
        _ = fixture.book.revoke(gone.id, now: fixture.start.advanced(by: .seconds(1)))
        let json = fixture.book.json
        #expect(try TokenBook(json: json) == fixture.book)
        let text = String(decoding: json, as: UTF8.self)
        for secret in [first, second, third, rotated] {
            #expect(!text.contains(secret.secret))
            #expect(text.contains(secret.id))
        }
    }

    @Test("a file that is not whole is refused")
    func aFileThatIsNotWholeIsRefused() throws {
        var fixture = Fixture()
        let (token, _) = try fixture.make()
        _ = fixture.book.rotate(token.id, overlap: .seconds(9), now: fixture.start)
        let text = String(decoding: fixture.book.json, as: UTF8.self)
        for (part, instead) in [
            ("\"version\":1", "\"version\":2"), ("\"viewer_key\"", "\"viewer\""),
            ("RECORDER", "GARDENER"), ("\"organization\":\"acme\",", ""), ("\"sha256\"", "\"md5\""),
            ("\"name\":\"ci\"", "\"name\":7"), ("\"previous_until\"", "\"until\""),
            ("\"created_at\":\"20", "\"created_at\":\"x"), ("[{", "{{"), ("}]", "},7]"),
        ] {
            let damaged = text.replacing(part, with: instead)
            #expect(damaged != text)
            #expect(throws: AccessFileError.self, "\(part)") {
                try TokenBook(json: Array(damaged.utf8))
            }
        }
    }

    @Test("a token is listed until a while after its end")
    func aTokenIsListedUntilAWhileAfterItsEnd() throws {
        var fixture = Fixture()
        let (brief, _) = try fixture.make("brief", lifetime: .seconds(60))
        let (other, _) = try fixture.make("other", organization: "other")
        let late = fixture.start.advanced(by: .seconds(61))
        let acme = Reach(organization: "acme")
        func names(_ reach: Reach, ended: Bool, now: Timestamp) -> [String] {
            fixture.book.tokens(in: reach, after: "", includingEnded: ended, now: now).map(\.name)
                .sorted()
        }
        #expect(names(acme, ended: false, now: fixture.start) == ["brief"])
        #expect(names(acme, ended: false, now: late) == [])
        #expect(names(acme, ended: true, now: late) == ["brief"])
        #expect(names(.all, ended: true, now: late) == ["brief", "other"])
        // Making another one forgets those that ended long ago.
        _ = try fixture.make("late", after: .seconds(31 * 86_400))
        #expect(fixture.book.entries[brief.id] == nil)
        #expect(fixture.book.entries[other.id] != nil)
    }

    @Test("an operator's token is for operators alone")
    func anOperatorsTokenIsForOperatorsAlone() throws {
        var fixture = Fixture()
        let (token, _) = try fixture.make("root", role: .operator, organization: "")
        #expect(token.isWithin(.all))
        #expect(!token.isWithin(Reach(organization: "")))
    }

    @Test("there is an end to their number")
    func thereIsAnEndToTheirNumber() throws {
        var fixture = Fixture()
        for _ in 0..<AccessLimits.tokensMax { _ = try fixture.make() }
        let request = CreateTokenRequest(name: "one more", role: .reader)
        let refused = fixture.book.create(request, organizationID: "acme", now: fixture.start)
        #expect(refused == nil)
        let id = try #require(fixture.book.entries.keys.first)
        _ = fixture.book.revoke(id, now: fixture.start)
        let later = fixture.start.advanced(by: AccessLimits.endedTokensKept)
        #expect(fixture.book.create(request, organizationID: "acme", now: later) != nil)
    }
}

@Suite("API tokens in force")
struct TokenDirectoryTests {
    private func caller(
        _ directory: TokenDirectory, _ secret: TokenText, _ now: Timestamp
    ) -> Result<Caller, AccessError> {
        directory.caller(of: secret, now: now)
    }

    @Test("a secret names its caller")
    func aSecretNamesItsCaller() throws {
        var fixture = Fixture()
        let (token, secret) = try fixture.make()
        let directory = TokenDirectory(fixture.book)
        let caller = try caller(directory, secret, fixture.start).get()
        #expect(caller.identity == Identity(.apiToken, id: token.id, name: "ci"))
        #expect(caller.roles == .recorder)
        #expect(caller.reach == Reach(organization: "acme"))
        #expect(
            caller.recordDefaults.actor == Event.Actor(type: .apiToken, id: token.id, name: "ci"))
        #expect(caller.recordDefaults.source == "GITHUB")
        let again = try self.caller(directory, secret, fixture.start).get()
        #expect(again === caller)
        // Another secret for the same id, and a secret for an id that there is not.
        #expect(
            self.caller(directory, .random(id: token.id), fixture.start).error == .unknown)
        #expect(self.caller(directory, .random(), fixture.start).error == .unknown)
    }

    @Test("revocation ends whoever holds the caller")
    func revocationEndsWhoeverHoldsTheCaller() throws {
        var fixture = Fixture()
        let (token, secret) = try fixture.make()
        let (_, other) = try fixture.make("other")
        let directory = TokenDirectory(fixture.book)
        let holder = try caller(directory, secret, fixture.start).get()
        let bystander = try caller(directory, other, fixture.start).get()
        _ = fixture.book.revoke(token.id, now: fixture.start)
        directory.replace(fixture.book)
        #expect(holder.refusal(now: fixture.start) == .revoked)
        #expect(caller(directory, secret, fixture.start).error == .revoked)
        #expect(bystander.refusal(now: fixture.start) == nil)
        #expect(try caller(directory, other, fixture.start).get() === bystander)
    }

    @Test("an expiry is kept to the moment")
    func anExpiryIsKeptToTheMoment() throws {
        var fixture = Fixture()
        let (_, secret) = try fixture.make(lifetime: .seconds(60))
        let directory = TokenDirectory(fixture.book)
        let end = fixture.start.advanced(by: .seconds(60))
        let caller = try caller(directory, secret, end.advanced(by: .nanoseconds(-1))).get()
        #expect(caller.expiresAt == end)
        #expect(caller.refusal(now: end) == .expired)
        #expect(self.caller(directory, secret, end).error == .expired)
    }

    @Test("two secrets are valid for as long as a rotation says")
    func twoSecretsAreValidForAsLongAsARotationSays() throws {
        var fixture = Fixture()
        let (token, old) = try fixture.make()
        let directory = TokenDirectory(fixture.book)
        let holder = try caller(directory, old, fixture.start).get()
        let new = try fixture.rotate(token, overlap: .seconds(10), now: fixture.start)
        directory.replace(fixture.book)
        let within = fixture.start.advanced(by: .seconds(9))
        let after = fixture.start.advanced(by: .seconds(10))
        #expect(try caller(directory, old, within).get() === holder)
        #expect(caller(directory, old, after).error == .expired)
        #expect(holder.refusal(now: after) == .expired)
        #expect(try caller(directory, new, after).get().refusal(now: after) == nil)
        // The next rotation leaves only the last two.
        let newest = try fixture.rotate(token, overlap: .zero, now: within)
        directory.replace(fixture.book)
        for past in [old, new] { #expect(caller(directory, past, within).error == .unknown) }
        #expect(caller(directory, newest, within).error == nil)
        #expect(holder.refusal(now: within) == .revoked)
    }
}

@Suite("Viewer tokens")
struct ViewerTokenTests {
    private let filter = EventFilter(targetTypes: ["SERVICE"], targetIDs: ["web"])

    @Test("a viewer sees what its token says until it ends")
    func aViewerSeesWhatItsTokenSaysUntilItEnds() throws {
        var fixture = Fixture()
        let (maker, _) = try fixture.make(role: .reader)
        let directory = TokenDirectory(fixture.book)
        let end = fixture.start.advanced(by: .seconds(60))
        let text = ViewerToken(
            organizationID: "acme", filter: filter, expiresAt: end,
            maker: Identity(.apiToken, id: maker.id, name: "dash")
        ).text(signedWith: fixture.book.viewerKey)
        let caller = try directory.viewer(text, now: fixture.start).get()
        #expect(caller.roles == .viewer)
        #expect(caller.reach == Reach(organization: "acme"))
        #expect(caller.bounds == filter)
        #expect(caller.identity == Identity(.apiToken, id: maker.id, name: "viewer"))
        #expect(directory.viewer(text, now: end).error == .expired)
        _ = fixture.book.revoke(maker.id, now: fixture.start)
        directory.replace(fixture.book)
        #expect(caller.refusal(now: fixture.start) == .revoked)
        #expect(directory.viewer(text, now: fixture.start).error == .revoked)
    }

    @Test("no other text is one")
    func noOtherTextIsOne() throws {
        let fixture = Fixture()
        let directory = TokenDirectory(fixture.book)
        let token = ViewerToken(
            organizationID: "acme", filter: filter,
            expiresAt: fixture.start.advanced(by: .seconds(60)),
            maker: Identity(.jwt, id: String(repeating: "ü", count: 200)))
        let text = token.text(signedWith: fixture.book.viewerKey)
        #expect(directory.viewer(text, now: fixture.start).error == nil)
        let prefix = ViewerToken.prefix.utf8.count
        for index in text.utf8.indices.dropFirst(prefix) {
            var digits = Array(text.utf8)
            let offset = text.utf8.distance(from: text.utf8.startIndex, to: index)
            digits[offset] = digits[offset] == UInt8(ascii: "0") ? UInt8(ascii: "1") : 0x30
            let forged = String(decoding: digits, as: UTF8.self)
            #expect(directory.viewer(forged, now: fixture.start).error == .unknown)
        }
        for length in prefix..<text.utf8.count {
            let cut = String(text.prefix(length))
            #expect(directory.viewer(cut, now: fixture.start).error == .unknown)
        }
        let foreign = token.text(signedWith: .random())
        #expect(directory.viewer(foreign, now: fixture.start).error == .unknown)
    }
}

extension Result {
    /// Nil of a success.
    fileprivate var error: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
