/// Base64 (RFC 4648 §4) as gRPC uses it for `-bin` fields: written without padding, read with or without.
enum Base64 {
    private static let alphabet = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { text, count in
            bytes.withUnsafeBufferPointer { bytes in
                alphabet.withUnsafeBufferPointer { alphabet in
                    count = encode(bytes, into: text, alphabet)
                }
            }
        }
    }

    /// Gives the count of characters. Three bytes at a time: every status with details passes here.
    private static func encode(
        _ bytes: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>,
        _ alphabet: UnsafeBufferPointer<UInt8>
    ) -> Int {
        var start = 0
        var count = 0
        while start < bytes.count {
            let left = min(bytes.count - start, 3)
            var bits = Int(bytes[start]) << 16
            if left > 1 { bits |= Int(bytes[start + 1]) << 8 }
            if left > 2 { bits |= Int(bytes[start + 2]) }
            for index in 0...left {
                text.initializeElement(at: count, to: alphabet[(bits >> (18 - 6 * index)) & 63])
                count += 1
            }
            start += 3
        }
        return count
    }

    /// Nil when the text is not base64.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        return read(text) { result.append($0) } ? result : nil
    }

    /// The value of a `-bin` field: several texts may come joined by commas. Nil when one is not base64.
    static func decodeList(_ text: UnsafeRawBufferPointer) -> [[UInt8]]? {
        var result: [[UInt8]] = []
        for part in CommaList(text) {
            guard let value = decode(part) else { return nil }
            result.append(value)
        }
        return result
    }

    /// Whether `decodeList` can read it; allocates nothing.
    static func isList(_ text: UnsafeRawBufferPointer) -> Bool {
        CommaList(text).allSatisfy { read($0) { _ in } }
    }

    /// Whether the text is base64, with or without padding.
    private static func read(_ text: some Sequence<UInt8>, _ take: (UInt8) -> Void) -> Bool {
        var bits = 0
        var bitCount = 0
        var characters = 0
        var padding = 0
        for character in text {
            if character == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(of: character) else { return false }
            characters += 1
            bits = (bits << 6 | value) & 0xFFFF
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                take(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        // One character alone carries less than a byte; padding only ever completes a group of four.
        return characters % 4 != 1 && padding < 3
            && (padding == 0 || (characters + padding) % 4 == 0)
    }

    private static func value(of character: UInt8) -> Int? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character) - 48 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
