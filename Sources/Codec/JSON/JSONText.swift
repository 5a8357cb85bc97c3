/// What can be done with JSON text without reading it into values: strings and numbers stay as they
/// were written.
package enum JSONText {
    /// Why the text is not one JSON value (RFC 8259), nested at most 128 deep; nil when it is one.
    package static func fault(in text: [UInt8]) -> String? {
        text.withUnsafeBytes { JSONScanner.fault(in: $0)?.description }
    }

    /// On one line, without white space between tokens. What is not JSON stays as it is.
    package static func compact(_ text: [UInt8]) -> [UInt8] { format(text, indented: false) }

    /// On many lines, indented by two spaces. What is not JSON stays as it is.
    package static func pretty(_ text: [UInt8]) -> [UInt8] { format(text, indented: true) }

    private static func format(_ text: [UInt8], indented: Bool) -> [UInt8] {
        text.withUnsafeBytes { bytes in
            guard JSONScanner.fault(in: bytes) == nil else { return text }
            var formatter = Formatter(bytes, indented: indented)
            return formatter.format()
        }
    }

    /// Rewrites text that is known to be JSON, token by token.
    private struct Formatter {
        private let bytes: UnsafeRawBufferPointer
        private let indented: Bool
        private var offset = 0
        private var depth = 0
        private var output: [UInt8] = []

        init(_ bytes: UnsafeRawBufferPointer, indented: Bool) {
            self.bytes = bytes
            self.indented = indented
            output.reserveCapacity(bytes.count)
        }

        mutating func format() -> [UInt8] {
            while let byte = next() {
                guard byte != UInt8(ascii: "\"") else {
                    string()
                    continue
                }
                offset += 1
                switch byte {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    output.append(byte)
                    depth += 1
                    // An empty container stays on its line. "]" and "}" are two above their opening
                    // characters.
                    if next() != byte + 2 { line() }
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if output.last != byte - 2 { line() }
                    output.append(byte)
                case UInt8(ascii: ","):
                    output.append(byte)
                    line()
                case UInt8(ascii: ":"):
                    output.append(byte)
                    if indented { output.append(UInt8(ascii: " ")) }
                default:
                    output.append(byte)
                }
            }
            return output
        }

        /// The byte behind white space, which is passed over.
        private mutating func next() -> UInt8? {
            while offset < bytes.count, bytes[offset] <= 0x20 { offset += 1 }
            return offset < bytes.count ? bytes[offset] : nil
        }

        private mutating func string() {
            let start = offset
            offset += 1
            while bytes[offset] != UInt8(ascii: "\"") {
                offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
            }
            offset += 1
            output.append(contentsOf: bytes[start..<offset])
        }

        private mutating func line() {
            guard indented else { return }
            output.append(UInt8(ascii: "\n"))
            output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
        }
    }

    /// What a string stands for; `raw` lies between its quotes and was scanned. A surrogate that
    /// stands alone becomes its three bytes, which is no UTF-8 but keeps different strings
    /// different.
    static func unescaped(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(raw.count)
        var offset = 0
        while offset < raw.count {
            guard raw[offset] == UInt8(ascii: "\\") else {
                output.append(raw[offset])
                offset += 1
                continue
            }
            let escape = raw[offset + 1]
            offset += 2
            switch escape {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"): append(codePoint(raw, &offset), to: &output)
            default: output.append(escape)
            }
        }
        return output
    }

    /// Reads the digits behind `\u`, and behind them a second escape when the two are a surrogate
    /// pair.
    private static func codePoint(_ raw: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt32 {
        let first = unit(raw, offset)
        offset += 4
        guard first & 0xFC00 == 0xD800, offset + 6 <= raw.count,
            raw[offset] == UInt8(ascii: "\\"), raw[offset + 1] == UInt8(ascii: "u")
        else { return first }
        let second = unit(raw, offset + 2)
        guard second & 0xFC00 == 0xDC00 else { return first }
        offset += 6
        return 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
    }

    private static func unit(_ raw: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        (offset..<offset + 4).reduce(0) {
            $0 << 4 | (JSONScanner.hexadecimal(raw[$1]) ?? 0)
        }
    }

    private static func append(_ point: UInt32, to output: inout [UInt8]) {
        func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(point >> shift & 0x3F) }
        switch point {
        case ..<0x80: output.append(UInt8(point))
        case ..<0x800: output += [0xC0 | UInt8(point >> 6), tail(0)]
        case ..<0x10000: output += [0xE0 | UInt8(point >> 12), tail(6), tail(0)]
        default: output += [0xF0 | UInt8(point >> 18), tail(12), tail(6), tail(0)]
        }
    }
}
