internal import CXXHash

/// XXH3, 64 bits.
enum Checksum {
    static func of(_ bytes: UnsafeRawBufferPointer, salt: UInt64) -> UInt64 {
        XXH3_64bits_withSeed(bytes.baseAddress, bytes.count, salt)
    }

    static func of(_ bytes: Slice<UnsafeRawBufferPointer>, salt: UInt64) -> UInt64 {
        of(UnsafeRawBufferPointer(rebasing: bytes), salt: salt)
    }

    static func of(_ bytes: Slice<UnsafeMutableRawBufferPointer>, salt: UInt64) -> UInt64 {
        of(UnsafeRawBufferPointer(UnsafeMutableRawBufferPointer(rebasing: bytes)), salt: salt)
    }
}
