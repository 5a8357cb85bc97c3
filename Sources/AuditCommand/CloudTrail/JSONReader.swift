/// Reads one JSON text (RFC 8259) into a `JSONValue`.
struct JSONReader {
    /// Why the bytes are not JSON, and where.
    struct Fault: Error, Hashable {
        var message: String
        var offset: Int
    }

    private let bytes: [UInt8]
    private let depthMax: Int
    private var position = 0

    private init(_ bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    /// - Parameter depthMax: levels of arrays and objects; deeper ones are refused before the
    ///   stack is at risk.
    static func read(_ bytes: [UInt8], depthMax: Int) throws(Fault) -> JSONValue {
        var reader = JSONReader(bytes, depthMax: depthMax)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.fault("text after the value") }
        return value
    }

    private mutating func value(depth: Int) throws(Fault) -> JSONValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte):
            return try number()
        case .some: throw fault("unexpected character")
        case nil: throw fault("unexpected end")
        }
    }

    private mutating func object(depth: Int) throws(Fault) -> JSONValue {
        guard depth <= depthMax else { throw fault("nested more than \(depthMax) deep") }
        position += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw fault("a member without a name") }
            let key = try string()
            skipSpace()
            guard take(":") else { throw fault("no ':' after a name") }
            members.append(JSONValue.Member(key: key, value: try value(depth: depth)))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw fault("no ',' or '}' after a member") }
        }
    }

    private mutating func array(depth: Int) throws(Fault) -> JSONValue {
        guard depth <= depthMax else { throw fault("nested more than \(depthMax) deep") }
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw fault("no ',' or ']' after an element") }
        }
    }

    private mutating func word(
        _ text: StaticString, _ value: JSONValue
    ) throws(Fault) -> JSONValue {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count,
            text.withUTF8Buffer({ bytes[position..<end].elementsEqual($0) })
        else { throw fault("unexpected word") }
        position = end
        return value
    }

    private mutating func number() throws(Fault) -> JSONValue {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(Fault) {
        guard let byte = peek, isDigit(byte) else { throw fault("a number without digits") }
        while let byte = peek, isDigit(byte) { position += 1 }
    }

    private mutating func string() throws(Fault) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw fault("a string that is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            case 0..<0x20: throw fault("a control character in a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw fault("a string without an end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Fault) {
        guard let byte = peek else { throw fault("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Array(try escapedCharacter().utf8))
        default: throw fault("an unknown escape")
        }
    }

    /// Behind `\u`: four digits, and the other half of a surrogate pair. A half alone has no
    /// character.
    private mutating func escapedCharacter() throws(Fault) -> String {
        let unit = try hexadecimal()
        guard 0xD800...0xDBFF ~= unit, peek == UInt8(ascii: "\\"),
            position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
        else { return String(Unicode.Scalar(unit) ?? "\u{FFFD}") }
        let behindFirst = position
        position += 2
        let second = try hexadecimal()
        guard 0xDC00...0xDFFF ~= second else {
            position = behindFirst
            return "\u{FFFD}"
        }
        let value = 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00)
        return String(Unicode.Scalar(value) ?? "\u{FFFD}")
    }

    private mutating func hexadecimal() throws(Fault) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(
                String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw fault("an escape without four digits") }
        position += 4
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private func fault(_ message: String) -> Fault { Fault(message: message, offset: position) }
}
