/// Why a text is not JSON (RFC 8259), and where.
struct JSONFault: Error, Hashable {
    enum Reason: Hashable {
        case unexpected(UInt8)
        case unexpectedEnd
        case controlCharacter
        case badEscape
        case badNumber
        case notUTF8
        case tooDeep
        case trailing
    }

    var offset: Int
    var reason: Reason
}

extension JSONFault: CustomStringConvertible {
    var description: String {
        switch reason {
        case .unexpected(let byte) where byte > 0x20 && byte < 0x7F:
            "unexpected '\(Character(Unicode.Scalar(byte)))' at byte \(offset)"
        case .unexpected: "unexpected character at byte \(offset)"
        case .unexpectedEnd: "it ends too early, at byte \(offset)"
        case .controlCharacter: "control character in a string at byte \(offset)"
        case .badEscape: "unknown escape at byte \(offset)"
        case .badNumber: "number without digits at byte \(offset)"
        case .notUTF8: "not UTF-8 at byte \(offset)"
        case .tooDeep: "nested more than \(Limits.jsonDepthMax) deep at byte \(offset)"
        case .trailing: "more after the value at byte \(offset)"
        }
    }
}

/// Walks over JSON text (RFC 8259) in place: no allocation, no recursion, every byte looked at.
struct JSONScanner {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// What keeps the whole text from being one JSON value; nil when it is one.
    static func fault(in bytes: UnsafeRawBufferPointer) -> JSONFault? {
        var scanner = JSONScanner(bytes)
        do throws(JSONFault) {
            _ = try scanner.value()
            try scanner.end()
            return nil
        } catch {
            return error
        }
    }

    /// The byte at the position behind white space; nil at the end.
    @inline(__always)
    mutating func peek() -> UInt8? {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            offset += 1
        }
        return nil
    }

    /// Steps over `byte`, which is the next behind white space; false and no step when it is not.
    @inline(__always)
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    @inline(__always)
    mutating func expect(_ byte: Unicode.Scalar) throws(JSONFault) {
        guard take(byte) else { throw unexpected() }
    }

    /// Nothing but white space follows.
    mutating func end() throws(JSONFault) {
        if peek() != nil { throw fault(.trailing) }
    }

    func unexpected() -> JSONFault {
        offset < bytes.count ? fault(.unexpected(bytes[offset])) : fault(.unexpectedEnd)
    }

    private func fault(_ reason: JSONFault.Reason) -> JSONFault {
        JSONFault(offset: offset, reason: reason)
    }

    // MARK: - Values

    /// Steps over one value, with all that is in it, and returns where it lies.
    mutating func value() throws(JSONFault) -> Range<Int> {
        // One bit for each open container, the innermost lowest: 1 for an object.
        var objects: UInt128 = 0
        var depth = 0
        _ = peek()
        let start = offset
        while true {
            guard let byte = peek() else { throw fault(.unexpectedEnd) }
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                guard depth < Limits.jsonDepthMax else { throw fault(.tooDeep) }
                let isObject = byte == UInt8(ascii: "{")
                objects = objects << 1 | (isObject ? 1 : 0)
                depth += 1
                offset += 1
                if !take(isObject ? "}" : "]") {
                    if isObject { try key() }
                    continue
                }
                depth -= 1
                objects >>= 1
            } else {
                try scalar(byte)
            }
            // Behind a value: close what ends here, or go to the next one.
            while depth > 0 {
                let isObject = objects & 1 == 1
                if take(",") {
                    if isObject { try key() }
                    break
                }
                try expect(isObject ? "}" : "]")
                depth -= 1
                objects >>= 1
            }
            if depth == 0 { return start..<offset }
        }
    }

    /// A member's name and its colon.
    private mutating func key() throws(JSONFault) {
        _ = try string()
        try expect(":")
    }

    private mutating func scalar(_ byte: UInt8) throws(JSONFault) {
        switch byte {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: throw fault(.unexpected(byte))
        }
    }

    private mutating func literal(_ text: StaticString) throws(JSONFault) {
        for index in 0..<text.utf8CodeUnitCount {
            guard offset < bytes.count, bytes[offset] == text.utf8Start[index] else {
                throw unexpected()
            }
            offset += 1
        }
    }

    /// RFC 8259, section 6.
    private mutating func number() throws(JSONFault) {
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "0") {
            offset += 1
        } else {
            try digits()
        }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count,
                bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-")
            {
                offset += 1
            }
            try digits()
        }
    }

    private mutating func digits() throws(JSONFault) {
        let start = offset
        while offset < bytes.count, bytes[offset] >= 48, bytes[offset] <= 57 { offset += 1 }
        if offset == start { throw fault(.badNumber) }
    }

    // MARK: - Strings

    /// Steps over a string and returns where it lies, without its quotes.
    mutating func string() throws(JSONFault) -> Range<Int> {
        try expect("\"")
        let start = offset
        while true {
            skipPlain()
            guard offset < bytes.count else { throw fault(.unexpectedEnd) }
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return start..<offset - 1
            case UInt8(ascii: "\\"):
                try escape()
            case 0..<0x20:
                throw fault(.controlCharacter)
            case 0x80...:
                let count = UTF8Text.sequenceBytes(bytes, at: offset)
                guard count > 0 else { throw fault(.notUTF8) }
                offset += count
            default:
                offset += 1
            }
        }
    }

    /// Over ASCII that stands for itself, eight bytes at once.
    @inline(__always)
    private mutating func skipPlain() {
        guard let start = bytes.baseAddress else { return }
        while offset + 8 <= bytes.count {
            let word = (start + offset).loadUnaligned(as: UInt64.self).littleEndian
            let control = (word &- Words.filled(with: 0x20)) & ~word & Words.highBits
            let quote = Words.zeroBytes(word ^ Words.filled(with: UInt8(ascii: "\"")))
            let backslash = Words.zeroBytes(word ^ Words.filled(with: UInt8(ascii: "\\")))
            let special = control | quote | backslash | (word & Words.highBits)
            if special != 0 {
                // The lowest mark is never false; see `Words.zeroBytes`.
                offset += special.trailingZeroBitCount / 8
                return
            }
            offset += 8
        }
    }

    /// RFC 8259, section 7. A surrogate may stand alone: the grammar allows it and JavaScript
    /// writes it.
    private mutating func escape() throws(JSONFault) {
        guard offset + 1 < bytes.count else {
            offset = bytes.count
            throw fault(.unexpectedEnd)
        }
        switch bytes[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 2
        case UInt8(ascii: "u"):
            for distance in 2..<6 {
                guard offset + distance < bytes.count else {
                    offset = bytes.count
                    throw fault(.unexpectedEnd)
                }
                guard JSONScanner.hexadecimal(bytes[offset + distance]) != nil else {
                    throw fault(.badEscape)
                }
            }
            offset += 6
        default:
            throw fault(.badEscape)
        }
    }

    static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 48)
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - 87)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - 55)
        default: nil
        }
    }
}
