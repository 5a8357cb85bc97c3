/// What is wrong with a JWT. Tells its holder what he can read in it himself.
package enum JWTFault: Error, Hashable, Sendable {
    /// It cannot be read.
    case malformed
    /// Its `alg` is none that its key is for.
    case algorithm
    /// It asks to be read by rules that are not known here (`crit`).
    case critical
    /// No key has its `kid`.
    case key
    case signature
    case issuer
    case audience
    /// Its `nbf` or `iat` lies in the future.
    case notYetValid
    /// It lacks a claim that is needed, or has one of a form that is not.
    case claim(String)

    var message: String {
        switch self {
        case .malformed: "the JWT cannot be read"
        case .algorithm: "the JWT is signed by an algorithm that its key is not for"
        case .critical: "the JWT has critical header fields, of which none is known here"
        case .key: "no key is known that has the kid of the JWT"
        case .signature: "the signature of the JWT is wrong"
        case .issuer: "the JWT comes from another issuer"
        case .audience: "the JWT is for another audience"
        case .notYetValid: "the JWT is not valid yet"
        case .claim(let name): "the JWT has no \(name), or none that can be used"
        }
    }
}
