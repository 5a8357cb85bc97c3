/// Text of which runs of hexadecimal digits lie apart, as the bytes that they stand for. Digits are random
/// as a rule: zstd would spend more than their four bits on each, and spoil the statistics of the rest.
///
/// In the text stands for each run one of two marks, bytes that UTF-8 never has; before a byte of the text
/// that looks like a mark stands another:
///
///     0xFD            a UUID; 16 bytes lie apart
///     0xFE, n         2 * n digits; n bytes lie apart
///     0xFF, byte      that byte
///
/// Any bytes at all come back as they were.
enum HexText {
    static let uuidMark: UInt8 = 0xFD
    static let digitsMark: UInt8 = 0xFE
    static let literalMark: UInt8 = 0xFF

    /// In each byte of eight: what marks have, and hardly any text.
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Appends text as it is but for bytes that look like marks.
    static func append(_ text: UnsafeRawBufferPointer, to output: inout FlatArray<UInt8>) {
        var place = 0
        var plain = 0
        while place < text.count {
            if place + 8 <= text.count,
                text.loadUnaligned(fromByteOffset: place, as: UInt64.self) & highBits == 0
            {
                place += 8
                continue
            }
            if text[place] >= uuidMark {
                output.append(UnsafeRawBufferPointer(rebasing: text[plain..<place]))
                output.append(literalMark)
                plain = place
            }
            place += 1
        }
        output.append(UnsafeRawBufferPointer(rebasing: text[plain...]))
    }

    /// Appends the mark of a run of `text` to `output`, and to `apart` what it stands for.
    static func append(
        _ run: HexRun, of text: UnsafeRawBufferPointer, to output: inout FlatArray<UInt8>,
        apart: inout FlatArray<UInt8>
    ) {
        switch run.kind {
        case .uuid:
            output.append(uuidMark)
        case .digits:
            output.append(digitsMark)
            output.append(UInt8(run.bytes))
        }
        let room = apart.appendUninitialized(run.bytes)
        var place = run.start
        for index in 0..<run.bytes {
            if text[place] == HexRun.dash { place += 1 }
            room[index] = HexRun.value(of: text[place]) << 4 | HexRun.value(of: text[place + 1])
            place += 2
        }
    }

    /// The text as it was. False unless it fills `output`, with all that lies apart.
    static func restore(
        _ text: UnsafeRawBufferPointer, apart: UnsafeRawBufferPointer,
        to output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var reader = Reader(text: text, apart: apart, output: output)
        return reader.run()
    }

    private struct Reader {
        let text: UnsafeRawBufferPointer
        let apart: UnsafeRawBufferPointer
        let output: UnsafeMutableRawBufferPointer
        var place = 0
        var apartPlace = 0
        var filled = 0

        mutating func run() -> Bool {
            while place < text.count {
                if text.count - place >= 8, output.count - filled >= 8 {
                    let word = text.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    output.storeBytes(of: word, toByteOffset: filled, as: UInt64.self)
                    // What is not text is written over.
                    let high = word.littleEndian & highBits
                    let count = high == 0 ? 8 : high.trailingZeroBitCount / 8
                    place += count
                    filled += count
                    if high == 0 { continue }
                }
                guard takeOne() else { return false }
            }
            return filled == output.count && apartPlace == apart.count
        }

        /// One byte, or what a mark stands for.
        private mutating func takeOne() -> Bool {
            let byte = text[place]
            place += 1
            switch byte {
            case uuidMark:
                return digits(HexRun.uuidBytes, HexRun.uuidCharacters, isUUID: true)
            case digitsMark:
                guard place < text.count else { return false }
                let count = Int(text[place])
                place += 1
                return digits(count, count * 2, isUUID: false)
            case literalMark:
                guard place < text.count, filled < output.count else { return false }
                output[filled] = text[place]
                place += 1
            default:
                guard filled < output.count else { return false }
                output[filled] = byte
            }
            filled += 1
            return true
        }

        private mutating func digits(_ count: Int, _ characters: Int, isUUID: Bool) -> Bool {
            guard apart.count - apartPlace >= count, output.count - filled >= characters else {
                return false
            }
            for index in 0..<count {
                if isUUID, index == 4 || index == 6 || index == 8 || index == 10 {
                    output[filled] = HexRun.dash
                    filled += 1
                }
                let byte = apart[apartPlace + index]
                output[filled] = HexRun.digit(of: byte >> 4)
                output[filled + 1] = HexRun.digit(of: byte & 15)
                filled += 2
            }
            apartPlace += count
            return true
        }
    }
}
