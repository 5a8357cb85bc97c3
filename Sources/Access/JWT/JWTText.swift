import Codec

/// A JWT in its compact form (RFC 7515 §3.1), taken apart and not believed.
struct JWTText: Sendable {
    let algorithm: String
    let keyID: String
    let claims: JSONValue
    /// What the signature is of.
    let signed: [UInt8]
    let signature: [UInt8]

    /// Whether that is a JWT at all, good or bad: three parts with points between.
    static func hasForm(of text: String) -> Bool {
        text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }

    init(_ text: String) throws(JWTFault) {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]),
            let claims = Self.object(parts[1]), let signature = Base64URL.bytes(parts[2]),
            let algorithm = header["alg"]?.string
        else { throw .malformed }
        guard header["crit"] == nil else { throw .critical }
        guard let keyID = header["kid"]?.string else { throw .key }
        self.algorithm = algorithm
        self.keyID = keyID
        self.claims = claims
        signed = Array(text.utf8[..<parts[1].endIndex])
        self.signature = signature
    }

    private static func object(_ part: Substring.UTF8View) -> JSONValue? {
        guard let bytes = Base64URL.bytes(part), let value = try? JSONValue(parsing: bytes),
            case .object = value
        else { return nil }
        return value
    }
}
