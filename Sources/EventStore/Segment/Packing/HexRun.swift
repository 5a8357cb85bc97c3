/// A stretch of text that stands for bytes: hexadecimal digits in lower case, or a UUID.
struct HexRun: BitwiseCopyable {
    enum Kind: UInt8 {
        /// Two digits for each byte.
        case digits
        /// 36 characters: digits and dashes, 8-4-4-4-12.
        case uuid
    }

    /// In the text.
    var start: Int
    var kind: Kind
    /// That it stands for.
    var bytes: Int

    /// Of text.
    var count: Int { kind == .uuid ? HexRun.uuidCharacters : bytes * 2 }

    /// Shorter ones would save less than what names them.
    static let digitsMin = 8
    /// What a length of one byte can say. Longer ones are several runs.
    static let bytesMax = 255
    static let uuidBytes = 16
    static let uuidCharacters = 36
    static let dash = UInt8(ascii: "-")

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 6
    }

    /// Of a digit.
    @inline(__always)
    static func value(of digit: UInt8) -> UInt8 {
        digit &- (digit < UInt8(ascii: "a") ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }

    @inline(__always)
    static func digit(of value: UInt8) -> UInt8 {
        value &+ (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    }

    /// Calls `body` with the runs of a text in order; they do not overlap. Looks at one byte in eight where
    /// there are none.
    static func visit(_ text: UnsafeRawBufferPointer, _ body: (HexRun) -> Void) {
        var next = 0
        // No run that begins at `next` or behind it ends before this place.
        var probe = digitsMin - 1
        while probe < text.count {
            guard isDigit(text[probe]) else {
                next = probe + 1
                probe += digitsMin
                continue
            }
            var start = probe
            while start > next, isDigit(text[start - 1]) { start -= 1 }
            var end = probe + 1
            while end < text.count, isDigit(text[end]) { end += 1 }
            next = end
            if end - start >= digitsMin {
                if isUUID(text, dashAt: end) {
                    visitDigits(start, end - digitsMin, body)
                    body(HexRun(start: end - digitsMin, kind: .uuid, bytes: uuidBytes))
                    next = end - digitsMin + uuidCharacters
                } else {
                    visitDigits(start, end, body)
                }
            }
            probe = next + digitsMin - 1
        }
    }

    /// The first of an odd number of digits is left where it is: it may be the length of the others.
    private static func visitDigits(_ start: Int, _ end: Int, _ body: (HexRun) -> Void) {
        var start = start + (end - start) % 2
        while end - start >= digitsMin {
            let run = HexRun(start: start, kind: .digits, bytes: min((end - start) / 2, bytesMax))
            body(run)
            start += run.count
        }
    }

    /// Whether the eight digits before the place are the first of a UUID.
    private static func isUUID(_ text: UnsafeRawBufferPointer, dashAt place: Int) -> Bool {
        let rest = uuidCharacters - digitsMin
        guard place + rest <= text.count, text[place] == dash else { return false }
        for index in 1..<rest {
            let byte = text[place + index]
            let isRight = index % 5 == 0 && index <= 15 ? byte == dash : isDigit(byte)
            guard isRight else { return false }
        }
        return true
    }
}

/// Texts of runs, by their hashes.
struct HexRunSet {
    private var hashes: Set<UInt64> = []

    static func hash(_ run: HexRun, in text: UnsafeRawBufferPointer) -> UInt64 {
        let bytes = UnsafeRawBufferPointer(rebasing: text[run.start..<run.start + run.count])
        return Checksum.of(bytes, salt: 0)
    }

    /// Whether it was new.
    mutating func insert(_ hash: UInt64) -> Bool { hashes.insert(hash).inserted }

    func contains(_ hash: UInt64) -> Bool { hashes.contains(hash) }

    mutating func removeAll() { hashes.removeAll(keepingCapacity: true) }

    var isEmpty: Bool { hashes.isEmpty }

    /// Adds the runs of a text.
    mutating func insert(runsOf text: UnsafeRawBufferPointer) {
        HexRun.visit(text) { run in _ = insert(HexRunSet.hash(run, in: text)) }
    }
}
