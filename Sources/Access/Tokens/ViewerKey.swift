import Crypto

/// What viewer tokens are signed with: nothing is stored for them, so that a page may have one for every view.
package struct ViewerKey: Hashable, Sendable {
    private let bytes: [UInt8]

    package static func random() -> ViewerKey {
        var generator = SystemRandomNumberGenerator()
        return ViewerKey(
            bytes: (0..<SHA256.byteCount).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            })
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads what `text` wrote; nil for anything else.
    init?(text: String) {
        guard let bytes = Hex.bytes(text), bytes.count == SHA256.byteCount else { return nil }
        self.bytes = bytes
    }

    /// In hexadecimal digits: a secret.
    var text: String { Hex.text(bytes) }

    func signature(of message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: bytes)))
    }

    /// In a time that tells nothing of where they differ.
    func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            signature, authenticating: message, using: SymmetricKey(data: bytes))
    }
}
