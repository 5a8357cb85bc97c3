import AuditModel

/// Reads a JSON text whose shape is known, field by field; a fault names the path of its field.
struct JSONObjectReader {
    private var scanner: JSONScanner
    private var path: [String] = []
    /// What the whole is, for people.
    private let subject: String

    /// `bytes` are known to be JSON.
    init(_ bytes: UnsafeRawBufferPointer, of subject: String) {
        scanner = JSONScanner(bytes)
        self.subject = subject
    }

    /// Reads a whole text.
    ///
    /// - Throws: `.malformed` for what is not JSON, and what `body` throws.
    static func read<Value>(
        _ json: [UInt8], of subject: String,
        _ body: (inout JSONObjectReader) throws(CodecError) -> Value
    ) throws(CodecError) -> Value {
        try json.withUnsafeBufferPointer { (buffer) throws(CodecError) in
            let bytes = UnsafeRawBufferPointer(buffer)
            if let fault = JSONScanner.fault(in: bytes) {
                throw .malformed("not valid JSON: \(fault)")
            }
            var reader = JSONObjectReader(bytes, of: subject)
            return try body(&reader)
        }
    }

    /// Reads an object; `body` reads the value of a field, or returns false for a field that it
    /// does not know. Null is an object without fields.
    mutating func object(
        _ body: (String, inout JSONObjectReader) throws(CodecError) -> Bool
    ) throws(CodecError) {
        if try null() { return }
        guard scanner.take("{") else { throw refusal("is \(kind); an object is expected") }
        if scanner.take("}") { return }
        var seen: [String] = []
        repeat {
            let field = try scan { (scanner) throws(JSONFault) in try scanner.text() }
            try scan { (scanner) throws(JSONFault) in try scanner.expect(":") }
            path.append((path.isEmpty ? "" : ".") + field)
            // A second value would silently win over the first.
            if seen.contains(field) { throw refusal("is there twice") }
            seen.append(field)
            guard try body(field, &self) else { throw refusal("is not a known field") }
            path.removeLast()
        } while scanner.take(",")
        try scan { (scanner) throws(JSONFault) in try scanner.expect("}") }
    }

    /// Reads an array; null is an empty one.
    mutating func array(
        _ body: (inout JSONObjectReader) throws(CodecError) -> Void
    ) throws(CodecError) {
        if try null() { return }
        guard scanner.take("[") else { throw refusal("is \(kind); an array is expected") }
        if scanner.take("]") { return }
        var index = 0
        repeat {
            path.append("[\(index)]")
            try body(&self)
            path.removeLast()
            index += 1
        } while scanner.take(",")
        try scan { (scanner) throws(JSONFault) in try scanner.expect("]") }
    }

    /// Empty for null.
    mutating func string() throws(CodecError) -> String {
        if try null() { return "" }
        guard scanner.peek() == UInt8(ascii: "\"") else {
            throw refusal("is \(kind); a string is expected")
        }
        return try scan { (scanner) throws(JSONFault) in try scanner.text() }
    }

    /// A whole number from 0 on; zero for null.
    mutating func number() throws(CodecError) -> UInt64 {
        if try null() { return 0 }
        let expected = "is \(kind); a whole number from 0 to \(UInt64.max) is expected"
        let text = try raw()
        guard let number = UInt64(String(decoding: text, as: UTF8.self)) else {
            throw refusal(expected)
        }
        return number
    }

    /// False for null.
    mutating func bool() throws(CodecError) -> Bool {
        if try null() { return false }
        let expected = "is \(kind); a boolean is expected"
        switch try raw() {
        case Array("true".utf8): return true
        case Array("false".utf8): return false
        default: throw refusal(expected)
        }
    }

    mutating func time() throws(CodecError) -> Timestamp? {
        if try null() { return nil }
        let text = try string()
        guard let time = Timestamp(rfc3339: text) else {
            throw refusal("is no RFC 3339 time between 1677 and 2262 (2026-03-01T12:30:00Z)")
        }
        return time
    }

    /// Nil for null.
    mutating func enumeration<Value: WireEnumeration>(prefix: String) throws(CodecError) -> Value? {
        if try null() { return nil }
        let text = try string().uppercased()
        let name = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        guard let value = Value(name: name) else {
            let known = Value.allCases.filter { $0.rawValue != 0 }.map(\.name)
            throw refusal("is unknown; known are \(known.joined(separator: ", "))")
        }
        return value
    }

    /// Any value, as it is written.
    mutating func raw() throws(CodecError) -> [UInt8] {
        try scan { (scanner) throws(JSONFault) in
            [UInt8](scanner.slice(try scanner.value()))
        }
    }

    private mutating func null() throws(CodecError) -> Bool {
        guard scanner.peek() == UInt8(ascii: "n") else { return false }
        _ = try raw()
        return true
    }

    private mutating func scan<Value>(
        _ body: (inout JSONScanner) throws(JSONFault) -> Value
    ) throws(CodecError) -> Value {
        do throws(JSONFault) {
            return try body(&scanner)
        } catch {
            throw .malformed("not valid JSON: \(error)")
        }
    }

    private func refusal(_ reason: String) -> CodecError {
        .invalid(path.joined(), path.isEmpty ? "the \(subject) \(reason)" : reason)
    }

    /// What stands at the position, for people.
    private var kind: String {
        var scanner = scanner
        switch scanner.peek() {
        case UInt8(ascii: "{"): return "an object"
        case UInt8(ascii: "["): return "an array"
        case UInt8(ascii: "\""): return "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return "a boolean"
        default: return "a number"
        }
    }
}
