/// A JSON value that loses nothing that matters: numbers keep their text, members their order.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// As it was written: 1, 1.0 and 1e0 are three texts, and 2^64 keeps every digit.
    case number(String)
    /// A surrogate that stands alone is replaced by U+FFFD.
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Sendable {
        package var key: String
        package var value: JSONValue

        package init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// - Throws: `.malformed` with the offset of the first fault.
    package init(parsing text: [UInt8]) throws(CodecError) {
        self = try text.withUnsafeBufferPointer { (buffer) throws(CodecError) in
            try JSONValue(parsing: UnsafeRawBufferPointer(buffer))
        }
    }

    private init(parsing bytes: UnsafeRawBufferPointer) throws(CodecError) {
        // Scanned first: the reading below may then rely on the grammar and its depth is bounded.
        if let fault = JSONScanner.fault(in: bytes) { throw .malformed("not valid JSON: \(fault)") }
        var scanner = JSONScanner(bytes)
        do throws(JSONFault) {
            self = try JSONValue(reading: &scanner)
        } catch {
            throw .malformed("not valid JSON: \(error)")
        }
    }

    private init(reading scanner: inout JSONScanner) throws(JSONFault) {
        switch scanner.peek() {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try scanner.members { (key, scanner) throws(JSONFault) in
                members.append(Member(key, try JSONValue(reading: &scanner)))
            }
            self = .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try scanner.elements { (scanner) throws(JSONFault) in
                elements.append(try JSONValue(reading: &scanner))
            }
            self = .array(elements)
        case UInt8(ascii: "\""):
            self = .string(try scanner.text())
        case let byte:
            let text = scanner.slice(try scanner.value())
            switch byte {
            case UInt8(ascii: "t"): self = .bool(true)
            case UInt8(ascii: "f"): self = .bool(false)
            case UInt8(ascii: "n"): self = .null
            default: self = .number(String(decoding: text, as: UTF8.self))
            }
        }
    }

    /// The value of a member; of a key that is there twice, the last. Nil for what is no object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// Nil for what is no string.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// On one line.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.raw("null".utf8)
        case .bool(let value): writer.bool(value)
        case .number(let text): writer.raw(text.utf8)
        case .string(let text): writer.string(text)
        case .array(let elements):
            writer.array { for element in elements { element.write(to: &$0) } }
        case .object(let members):
            writer.object {
                for member in members {
                    $0.key(member.key)
                    member.value.write(to: &$0)
                }
            }
        }
    }
}

extension JSONValue: Equatable {
    /// The same text but for white space and escapes. Members in another order are another value
    /// here; for what differs in meaning there is `JSONDifference`.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        // By bytes: Swift takes canonically equivalent strings for equal, JSON does not.
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)):
            left.elementsEqual(right) {
                $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value
            }
        default: false
        }
    }
}

extension JSONScanner {
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    /// A string's value.
    mutating func text() throws(JSONFault) -> String {
        String(decoding: JSONText.unescaped(slice(try string())), as: UTF8.self)
    }

    /// Steps into an object; `body` reads each member's value.
    mutating func members(
        _ body: (String, inout JSONScanner) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        try rawMembers { (key, scanner) throws(JSONFault) in
            try body(
                String(decoding: JSONText.unescaped(scanner.slice(key)), as: UTF8.self), &scanner)
        }
    }

    /// As `members`, with the place of the key between its quotes.
    mutating func rawMembers(
        _ body: (Range<Int>, inout JSONScanner) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try body(key, &self)
        } while take(",")
        try expect("}")
    }

    /// Steps into an array; `body` reads each element.
    mutating func elements(
        _ body: (inout JSONScanner) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        try expect("[")
        if take("]") { return }
        repeat { try body(&self) } while take(",")
        try expect("]")
    }
}
