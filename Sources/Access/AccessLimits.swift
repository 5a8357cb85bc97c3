/// What the access rules of a server may take, each with its reason.
package enum AccessLimits {
    /// API tokens of a server: all of them are in memory, and in one file that each change writes anew.
    package static let tokensMax = 10_000
    /// How long a token that has ended is still listed: long enough to ask what it was.
    package static let endedTokensKept = Duration.seconds(30 * 86_400)
    /// Bytes of an `authorization` field that are looked at; a JWT with many claims has 2 KiB.
    package static let authorizationBytesMax = 8_192
    /// Lifetime of a viewer token where the request names none.
    package static let viewerLifetime = Duration.seconds(900)
    /// How long the secret of before a rotation stays valid where the request does not say.
    package static let rotationOverlap = Duration.seconds(86_400)

    /// Quotas of a server: each takes memory, and a place in the file that every change writes anew.
    package static let quotasMax = 100_000
    /// Meters in memory, beside those of callers who are connected. Who comes after so many others within a day, which
    /// is how long it takes until one is at rest, begins anew.
    static let metersMax = 100_000
    /// Events that may come at once, however small the quota: those of one full request.
    static let eventsBurstMin: UInt64 = 1_000
    /// Nanoseconds of reading that may be spent at once, however small the quota: a second.
    static let readBurstMin: UInt64 = 1_000_000_000
    /// The longest time after which a refusal asks to come again: the quota may be another one by then.
    static let quotaWaitMax = Duration.seconds(3_600)

    // MARK: Certificates and JWTs

    /// How far the clock of who issues a JWT may be ahead of this one: it bounds `nbf` and `iat`, and nothing else.
    package static let clockLeeway = Duration.seconds(60)
    /// Callers of certificates, and of JWTs, that are remembered: some hundred bytes for each.
    static let callersMax = 4_096
    /// JWTs whose signature waits to be looked at: a tenth of a second of one core.
    package static let verificationsMax = 1_024
    /// Bytes of an access file and of a key file: rules and keys of as many as there may be, and room.
    package static let fileBytesMax = 1 << 20
    static let certificateRulesMax = 1_000
    static let keysMax = 100
    static let keyIDBytesMax = 256
    static let pathBytesMax = 4_096
    /// Organizations of one caller: each call looks through them.
    static let organizationsMax = 100
    static let issuerBytesMax = 1_024
    static let claimNameBytesMax = 256
    /// Bytes of a JWT's subject; OpenID Connect allows 255.
    static let subjectBytesMax = 256
    /// Bytes of a client certificate that is looked at; usual ones have one or two KiB.
    static let certificateBytesMax = 64 << 10
    /// Alternative names of a certificate, and attributes of its subject.
    static let certificateNamesMax = 100
    /// Characters of all of them in one line of the log.
    static let namesTextMax = 1_024
    /// Bytes of one of them: SPIFFE allows 2,048.
    static let certificateNameBytesMax = 2_048
}
