/// The encoding of `grpc-message`: UTF-8, with every byte outside printable ASCII, `%`, and spaces at the ends as
/// `%XX`.
enum PercentEncoding {
    private static let space = UInt8(ascii: " ")
    private static let digits = [UInt8]("0123456789ABCDEF".utf8)

    /// At most `bytesMax` bytes; a longer text is cut between two characters.
    static func encode(_ text: String, bytesMax: Int) -> [UInt8] {
        // Nearly always: then the text is its own encoding.
        if let plain = plain(text, bytesMax: bytesMax) { return plain }
        var result: [UInt8] = []
        for character in text.unicodeScalars {
            let start = result.count
            for byte in UTF8.encode(character)! {
                if isPlain(byte), byte != space || !result.isEmpty {
                    result.append(byte)
                } else {
                    append(escaped: byte, to: &result)
                }
            }
            if result.count > bytesMax {
                result.removeSubrange(start...)
                break
            }
        }
        // HTTP/2 peers throw a value away that begins or ends with a space.
        if result.last == space {
            result.removeLast()
            if result.count + 3 <= bytesMax {
                append(escaped: space, to: &result)
            } else {
                while result.last == space { result.removeLast() }
            }
        }
        return result
    }

    /// The bytes of a text that needs no escape, and fits.
    private static func plain(_ text: String, bytesMax: Int) -> [UInt8]? {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count <= bytesMax, bytes.first != space, bytes.last != space,
                bytes.allSatisfy(isPlain)
            else { return nil }
            return Array(bytes)
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte <= 0x7E && byte != UInt8(ascii: "%")
    }

    private static func append(escaped byte: UInt8, to result: inout [UInt8]) {
        result.append(UInt8(ascii: "%"))
        result.append(digits[Int(byte >> 4)])
        result.append(digits[Int(byte & 15)])
    }

    /// A broken escape stays as it is: the gRPC protocol forbids to lose a message over it.
    static func decode(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 55
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 87
        default: nil
        }
    }
}
