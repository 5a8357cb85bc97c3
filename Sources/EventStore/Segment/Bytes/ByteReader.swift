/// Reads what `FlatArray+Bytes` writes, from the front. Past the end, or at a number that is none,
/// it gives zeros and is not `isValid` from then on: who reads asks once, when all was read.
///
/// What it reads has matched a checksum, so that this only catches a writer that was wrong; but no
/// bytes at all may take it out of bounds.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int
    private(set) var isValid = true

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    var isAtEnd: Bool { offset == bytes.count }

    /// Everything was read, and all of it was valid.
    var isDone: Bool { isValid && isAtEnd }

    @inline(__always)
    mutating func varint() -> UInt64 {
        if offset < bytes.count, bytes[offset] < 0x80 {
            defer { offset += 1 }
            return UInt64(bytes[offset])
        }
        return longVarint()
    }

    private mutating func longVarint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return fail()
    }

    /// A length or a count; whatever does not fit 32 bits is none.
    @inline(__always)
    mutating func count() -> Int {
        let value = varint()
        guard value <= UInt64(UInt32.max) else { return Int(fail()) }
        return Int(value)
    }

    @inline(__always)
    mutating func zigzag() -> Int64 {
        let value = varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type
    ) -> Value {
        let size = MemoryLayout<Value>.size
        guard bytes.count - offset >= size else { return Value(truncatingIfNeeded: fail()) }
        defer { offset += size }
        return bytes.loadLittleEndian(type, at: offset)
    }

    @inline(__always)
    mutating func slice(_ count: Int) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - offset else {
            _ = fail()
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// For who finds that what was read makes no sense.
    mutating func invalidate() { _ = fail() }

    private mutating func fail() -> UInt64 {
        isValid = false
        offset = bytes.count
        return 0
    }
}
