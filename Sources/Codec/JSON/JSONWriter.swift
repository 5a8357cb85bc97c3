package import AuditModel

/// Writes JSON text on one line; the caller keeps keys and values in their order.
package struct JSONWriter {
    package init() {}

    package private(set) var bytes: [UInt8] = []
    /// Something was written in the innermost container: the next needs a comma.
    private var needsComma = false

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        container("{", "}", members)
    }

    package mutating func array(_ elements: (inout JSONWriter) -> Void) {
        container("[", "]", elements)
    }

    private mutating func container(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ content: (inout JSONWriter) -> Void
    ) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        content(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    package mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            // Whole runs at once: most strings hold nothing to escape.
            var start = 0
            for (offset, byte) in utf8.enumerated() where JSONWriter.needsEscape(byte) {
                bytes.append(contentsOf: utf8[start..<offset])
                append(escaping: byte)
                start = offset + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func number(_ value: some BinaryInteger) { raw(String(value).utf8) }

    package mutating func bool(_ value: Bool) { raw((value ? "true" : "false").utf8) }

    /// A value that is JSON text already.
    package mutating func raw(_ text: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// RFC 8259, section 7: quotation marks, backslashes and what is below U+0020.
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0..<0x20:
            bytes.append(contentsOf: "\\u00".utf8)
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? 48 + digit : 87 + digit)
            }
        default: bytes.append(byte)
        }
    }
}

extension JSONWriter {
    // Members that are left out when they say nothing.

    package mutating func member(_ name: String, _ text: String) {
        guard !text.isEmpty else { return }
        key(name)
        string(text)
    }

    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        guard value != 0 else { return }
        key(name)
        number(value)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        guard value else { return }
        key(name)
        bool(value)
    }

    package mutating func member(_ name: String, _ time: Timestamp?) {
        guard let time else { return }
        key(name)
        string(time.rfc3339)
    }

    package mutating func member(_ name: String, _ value: some WireEnumeration) {
        guard value.rawValue != 0 else { return }
        key(name)
        string(value.name)
    }

    package mutating func member<Element>(
        _ name: String, _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
    ) {
        guard !elements.isEmpty else { return }
        key(name)
        array { array in
            for element in elements { write(&array, element) }
        }
    }

    /// JSON text as the value that it is; what is not JSON as a string, so that the whole stays
    /// JSON.
    package mutating func member(_ name: String, json text: [UInt8]) {
        guard !text.isEmpty else { return }
        key(name)
        if text.withUnsafeBytes({ JSONScanner.fault(in: $0) }) == nil {
            raw(JSONText.compact(text))
        } else {
            string(String(decoding: text, as: UTF8.self))
        }
    }
}
