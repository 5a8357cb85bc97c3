/// Strings of the contract: UTF-8 without NUL, looked at in place.
enum UTF8Text {
    enum Fault: CustomStringConvertible {
        case notUTF8(offset: Int)
        case nul(offset: Int)

        var description: String {
            switch self {
            case .notUTF8(let offset): "is not valid UTF-8 at byte \(offset)"
            case .nul(let offset): "has a NUL at byte \(offset)"
            }
        }
    }

    /// The first thing that is wrong; nil for a good string.
    static func fault(in bytes: UnsafeRawBufferPointer) -> Fault? {
        guard let start = bytes.baseAddress else { return nil }
        var offset = 0
        while offset < bytes.count {
            // Eight bytes at once while all are ASCII and none is NUL.
            while offset + 8 <= bytes.count {
                guard isPlain(word: start + offset) else { break }
                offset += 8
            }
            guard offset < bytes.count else { return nil }
            // The last bytes once more, with those before them: shorter than stepping through them.
            if bytes.count - offset < 8, bytes.count >= 8, isPlain(word: start + bytes.count - 8) {
                return nil
            }
            let lead = bytes[offset]
            if lead == 0 { return .nul(offset: offset) }
            if lead < 0x80 {
                offset += 1
                continue
            }
            let count = sequenceBytes(bytes, at: offset)
            guard count > 0 else { return .notUTF8(offset: offset) }
            offset += count
        }
        return nil
    }

    /// Eight bytes of ASCII, none of them NUL.
    @inline(__always)
    private static func isPlain(word address: UnsafeRawPointer) -> Bool {
        let word = address.loadUnaligned(as: UInt64.self)
        return word & Words.highBits == 0 && Words.zeroBytes(word) == 0
    }

    /// The size of the well-formed sequence of two to four bytes at `offset` (Unicode, table 3-7);
    /// zero when it is none.
    static func sequenceBytes(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        let left = bytes.count - offset
        func continues(_ distance: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            range.contains(bytes[offset + distance])
        }
        switch bytes[offset] {
        case 0xC2...0xDF:
            return left >= 2 && continues(1) ? 2 : 0
        case 0xE0...0xEF:
            guard left >= 3 else { return 0 }
            // No overlong forms and no surrogates.
            let second: ClosedRange<UInt8> =
                switch bytes[offset] {
                case 0xE0: 0xA0...0xBF
                case 0xED: 0x80...0x9F
                default: 0x80...0xBF
                }
            return continues(1, second) && continues(2) ? 3 : 0
        case 0xF0...0xF4:
            guard left >= 4 else { return 0 }
            // No overlong forms and nothing above U+10FFFF.
            let second: ClosedRange<UInt8> =
                switch bytes[offset] {
                case 0xF0: 0x90...0xBF
                case 0xF4: 0x80...0x8F
                default: 0x80...0xBF
                }
            return continues(1, second) && continues(2) && continues(3) ? 4 : 0
        default:
            return 0
        }
    }
}

/// Eight bytes in one word.
enum Words {
    static let lowBits: UInt64 = 0x0101_0101_0101_0101
    static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Not zero when a byte is zero. Its lowest bit marks the first such byte of a little-endian
    /// word; bits above it may be false.
    @inline(__always)
    static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- lowBits) & ~word & highBits
    }

    /// The byte in every place of a word.
    @inline(__always)
    static func filled(with byte: UInt8) -> UInt64 { UInt64(byte) &* lowBits }
}
