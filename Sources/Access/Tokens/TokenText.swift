/// The text of an API token: `auditrpc_ID_SECRET`, in letters and digits, so that a double click takes all of it and
/// scanners for secrets find it.
package struct TokenText: Sendable {
    /// Names the token; no secret.
    package let id: String
    /// 256 random bits as 64 hexadecimal digits.
    let secret: String

    package static let prefix = "auditrpc_"
    private static let idDigits = 12
    private static let secretDigits = 64

    /// Nil for what is not of that form.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let parts = text.utf8.dropFirst(Self.prefix.utf8.count)
            .split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isHex(parts[0], digits: Self.idDigits),
            Self.isHex(parts[1], digits: Self.secretDigits)
        else { return nil }
        id = String(decoding: parts[0], as: UTF8.self)
        secret = String(decoding: parts[1], as: UTF8.self)
    }

    private init(id: String, secret: String) {
        self.id = id
        self.secret = secret
    }

    /// A new one, of a new token or of one that there is.
    package static func random(id: String? = nil) -> TokenText {
        TokenText(id: id ?? hex(bytes: idDigits / 2), secret: hex(bytes: secretDigits / 2))
    }

    package var text: String { "\(Self.prefix)\(id)_\(secret)" }

    private static func hex(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return Hex.text((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    private static func isHex(_ text: some Collection<UInt8>, digits: Int) -> Bool {
        text.count == digits && text.allSatisfy { Hex.value(of: $0) != nil }
    }
}

/// Hexadecimal digits, in lower case.
enum Hex {
    static func text(_ bytes: some Swift.Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                text.unicodeScalars.append(
                    Unicode.Scalar(digit < 10 ? 0x30 + digit : 0x57 + digit))
            }
        }
        return text
    }

    /// Nil for what is no digit in lower case.
    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }

    /// Nil for what is not pairs of such digits.
    static func bytes(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map { value(of: $0) }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
