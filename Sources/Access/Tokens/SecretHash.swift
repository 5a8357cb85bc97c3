import Crypto

/// What is kept of a secret: its SHA-256. The secrets are 256 random bits, or signed, so there is nothing that a slow
/// hash would have to protect, and no call is held up by one.
package struct SecretHash: Hashable, Sendable {
    private let bytes: [UInt8]

    init(of token: TokenText) { self.init(of: Array(token.secret.utf8)) }

    init(of secret: [UInt8]) { bytes = Array(SHA256.hash(data: secret)) }

    /// Reads what `text` wrote; nil for anything else.
    init?(text: String) {
        guard let bytes = Hex.bytes(text), bytes.count == SHA256.byteCount else { return nil }
        self.bytes = bytes
    }

    /// In hexadecimal digits.
    var text: String { Hex.text(bytes) }

    /// In a time that tells nothing of where they differ.
    func matches(_ other: SecretHash) -> Bool {
        var difference: UInt8 = 0
        for index in 0..<SHA256.byteCount { difference |= bytes[index] ^ other.bytes[index] }
        return difference == 0
    }
}
