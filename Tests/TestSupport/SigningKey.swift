package import Access
import Crypto

/// A key that signs JWTs (ES256) as an issuer does, and what it says of itself in a JWKS.
package struct SigningKey: Sendable {
    package let id: String
    private let key = P256.Signing.PrivateKey()

    package init(_ id: String) { self.id = id }

    /// Its member of a JWKS.
    package var jwk: String {
        let point = Array(key.publicKey.rawRepresentation)
        let (x, y) = (base64URL(point.prefix(32)), base64URL(point.suffix(32)))
        return #"{"kty":"EC","crv":"P-256","use":"sig","kid":"\#(id)","x":"\#(x)","y":"\#(y)"}"#
    }

    /// - Parameters:
    ///   - header: instead of what it says of the key.
    ///   - claims: a JSON object.
    package func sign(_ claims: String, header: String? = nil) throws -> String {
        let header = header ?? #"{"alg":"ES256","typ":"JWT","kid":"\#(id)"}"#
        let signed = base64URL(Array(header.utf8)) + "." + base64URL(Array(claims.utf8))
        let signature = try key.signature(for: Array(signed.utf8)).rawRepresentation
        return signed + "." + base64URL(Array(signature))
    }

    package static func keySet(_ keys: SigningKey...) async throws -> KeySet {
        let list = keys.map(\.jwk).joined(separator: ",")
        return try await KeySet(KeySetFile(json: Array(#"{"keys":[\#(list)]}"#.utf8)))
    }
}

/// Base64 for URLs, as an issuer writes it.
package func base64URL(_ bytes: some Collection<UInt8>) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    var text = ""
    var (pending, bits) = (UInt32(0), 0)
    for byte in bytes {
        pending = pending << 8 | UInt32(byte)
        bits += 8
        while bits >= 6 {
            bits -= 6
            text.append(digits[Int(pending >> bits & 63)])
        }
    }
    if bits > 0 { text.append(digits[Int(pending << (6 - bits) & 63)]) }
    return text
}
