/// A text that is looked for without regard to the case of ASCII letters.
struct TextNeedle: Sendable {
    /// ASCII letters in lower case.
    private let bytes: [UInt8]

    /// Nil for an empty text, which is in everything.
    init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        bytes = text.utf8.map(TextNeedle.lowercased)
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    /// Whether it is somewhere in `text`.
    ///
    /// Eight places are tried at once: a place stays a candidate when its first and its last byte
    /// fit. Folding sets bit 5, which takes a few other bytes for letters, so that a candidate is
    /// always compared in full.
    func isContained(in text: UnsafeRawBufferPointer) -> Bool {
        bytes.withUnsafeBufferPointer { needle in
            let span = needle.count - 1
            guard let start = text.baseAddress, text.count > span else { return false }
            let places = text.count - span
            let first = Anchor(needle[0])
            let last = Anchor(needle[span])
            var place = 0
            while place + 8 <= places {
                let misses =
                    first.misses((start + place).loadUnaligned(as: UInt64.self).littleEndian)
                    | last.misses(
                        (start + place + span).loadUnaligned(as: UInt64.self).littleEndian)
                var candidates = Words.zeroBytes(misses)
                while candidates != 0 {
                    let candidate = place + candidates.trailingZeroBitCount / 8
                    if TextNeedle.fits(needle, start + candidate) { return true }
                    candidates &= candidates &- 1
                }
                place += 8
            }
            while place < places {
                if TextNeedle.fits(needle, start + place) { return true }
                place += 1
            }
            return false
        }
    }

    private static func fits(
        _ needle: UnsafeBufferPointer<UInt8>, _ place: UnsafeRawPointer
    ) -> Bool {
        for index in 0..<needle.count {
            let byte = place.load(fromByteOffset: index, as: UInt8.self)
            guard lowercased(byte) == needle[index] else { return false }
        }
        return true
    }

    /// One byte of the needle in every place of a word.
    private struct Anchor {
        let wanted: UInt64
        let fold: UInt64

        init(_ byte: UInt8) {
            let isLetter = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
            wanted = Words.filled(with: byte)
            fold = isLetter ? Words.filled(with: 0x20) : 0
        }

        /// Zero in the places of `word` that fit.
        @inline(__always)
        func misses(_ word: UInt64) -> UInt64 { (word | fold) ^ wanted }
    }
}
