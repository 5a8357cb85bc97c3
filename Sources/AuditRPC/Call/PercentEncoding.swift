/// The encoding of `grpc-message`: UTF-8, with every byte outside printable ASCII, and `%`, as `%XX`.
enum PercentEncoding {
    private static let digits = [UInt8]("0123456789ABCDEF".utf8)

    /// At most `bytesMax` bytes; a longer text is cut between two characters.
    static func encode(_ text: String, bytesMax: Int) -> [UInt8] {
        var result: [UInt8] = []
        for character in text.unicodeScalars {
            let start = result.count
            for byte in UTF8.encode(character)! {
                if byte >= 0x20, byte <= 0x7E, byte != UInt8(ascii: "%") {
                    result.append(byte)
                } else {
                    result.append(UInt8(ascii: "%"))
                    result.append(digits[Int(byte >> 4)])
                    result.append(digits[Int(byte & 15)])
                }
            }
            if result.count > bytesMax {
                result.removeSubrange(start...)
                break
            }
        }
        return result
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
