/// Cuts chunks of bytes into numbered lines, whatever the chunks are.
struct LineSplitter {
    struct Line: Hashable, Sendable {
        /// From 1.
        var number: Int
        /// Without its end.
        var bytes: [UInt8]
        /// It was longer than the limit, and `bytes` is empty.
        var isTooLong = false
    }

    private let bytesMax: Int
    private var rest: [UInt8] = []
    private var isSkipping = false
    private var count = 0

    init(bytesMax: Int = Limits.lineBytesMax) { self.bytesMax = bytesMax }

    /// The lines that `chunk` completes.
    mutating func append(_ chunk: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = 0
        for (offset, byte) in chunk.enumerated() where byte == UInt8(ascii: "\n") {
            keep(chunk[start..<offset])
            lines.append(end())
            start = offset + 1
        }
        keep(chunk[start...])
        return lines
    }

    /// What is left behind the last line end; nil when there is nothing.
    mutating func finish() -> Line? {
        rest.isEmpty && !isSkipping ? nil : end()
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        if rest.count + bytes.count > bytesMax {
            isSkipping = true
            rest = []
        } else {
            rest += bytes
        }
    }

    private mutating func end() -> Line {
        count += 1
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        defer {
            rest.removeAll(keepingCapacity: true)
            isSkipping = false
        }
        return Line(number: count, bytes: rest, isTooLong: isSkipping)
    }
}
