// Integers in the byte order of the format, at any alignment.

extension UnsafeRawBufferPointer {
    @inline(__always)
    func loadLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, at offset: Int
    ) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// Whether no byte differs from zero; true for no bytes.
    var isAllZero: Bool {
        var offset = 0
        while offset + 8 <= count {
            guard loadUnaligned(fromByteOffset: offset, as: UInt64.self) == 0 else { return false }
            offset += 8
        }
        while offset < count {
            guard self[offset] == 0 else { return false }
            offset += 1
        }
        return true
    }
}

extension UnsafeMutableRawBufferPointer {
    @inline(__always)
    func storeLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int
    ) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
}
