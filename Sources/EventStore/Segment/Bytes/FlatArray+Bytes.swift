// Writing bytes: the format's integers are little endian, its lengths LEB128.

extension FlatArray where Element == UInt8 {
    /// Valid until the array grows or goes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(elements) }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        let room = appendUninitialized(bytes.count)
        UnsafeMutableRawPointer(room.baseAddress!).copyMemory(
            from: source, byteCount: bytes.count)
    }

    /// Seven bits a byte, the lowest first; all but the last have the high bit.
    @inline(__always)
    mutating func append(varint value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(UInt8(truncatingIfNeeded: value))
    }

    @inline(__always)
    mutating func append(varint value: Int) { append(varint: UInt64(value)) }

    /// Small magnitudes of either sign become small varints.
    @inline(__always)
    mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    @inline(__always)
    mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(littleEndian value: Value) {
        let room = appendUninitialized(MemoryLayout<Value>.size)
        UnsafeMutableRawBufferPointer(room).storeLittleEndian(value, at: 0)
    }
}
