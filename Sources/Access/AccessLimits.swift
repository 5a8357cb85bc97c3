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
}
