/// The items of a field's value that are separated by commas, without the spaces around them. An empty value has one
/// item, an empty one.
struct CommaList: Sequence, IteratorProtocol {
    private var rest: UnsafeRawBufferPointer?

    init(_ text: UnsafeRawBufferPointer) {
        rest = text
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard let rest else { return nil }
        let end = rest.firstIndex(of: UInt8(ascii: ","))
        self.rest = end.map { UnsafeRawBufferPointer(rebasing: rest[($0 + 1)...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.endIndex)]).trimmingSpaces()
    }
}

extension UnsafeRawBufferPointer {
    /// Without the spaces and tabs around it.
    func trimmingSpaces() -> UnsafeRawBufferPointer {
        var (start, end) = (0, count)
        while start < end, Self.isSpace(self[start]) { start += 1 }
        while start < end, Self.isSpace(self[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
