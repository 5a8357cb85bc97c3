import JWTKit

/// A JWT of which all is right but for its signature, which nobody has looked at.
package struct JWTCandidate: Sendable {
    let hash: SecretHash
    let claims: JWTClaims
    /// Of all callers that its key makes.
    let maker: Caller
    private let text: JWTText
    private let algorithm: any JWTAlgorithm

    init(
        _ text: JWTText, _ hash: SecretHash, _ claims: JWTClaims, _ algorithm: any JWTAlgorithm,
        maker: Caller
    ) {
        self.text = text
        self.hash = hash
        self.claims = claims
        self.algorithm = algorithm
        self.maker = maker
    }

    /// Takes some ten to some hundred microseconds of a core.
    var hasValidSignature: Bool {
        (try? algorithm.verify(text.signature, signs: text.signed)) ?? false
    }
}
