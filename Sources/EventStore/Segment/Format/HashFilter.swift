/// Says of most values that they are not there, and of none that is: a Bloom filter in which all bits of a
/// value lie in one block of 32 bytes (Putze, Sanders and Singler, 2007, as Parquet has it).
///
/// It knows values by hashes that are keyed by their segment: nobody can choose some that collide.
enum HashFilter {
    static let blockBytes = 32

    static func bytes(for values: Int, bitsPerValue: Int) -> Int {
        (values * bitsPerValue + blockBytes * 8 - 1) / (blockBytes * 8) * blockBytes
    }

    private static let firstOdd: UInt32 = 0x47B6_137B
    private static let secondOdd: UInt32 = 0x4497_4D91

    /// One bit in each of eight words.
    @inline(__always)
    private static func bits(of hash: UInt64) -> SIMD8<UInt32> {
        let odd = SIMD8<UInt32>(
            firstOdd, secondOdd, 0x8824_AD5B, 0xA2B7_289D,
            0x7054_95C7, 0x2DF1_424B, 0x9EFC_4947, 0x5C6B_FB31)
        let key = SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: hash))
        return SIMD8<UInt32>(repeating: 1) &<< ((key &* odd) &>> 27)
    }

    @inline(__always)
    private static func offset(of hash: UInt64, _ filterBytes: Int) -> Int {
        // The shift binds tighter than the product.
        Int(((hash >> 32) &* UInt64(filterBytes / blockBytes)) >> 32) * blockBytes
    }

    /// `filter` is not empty.
    static func insert(_ hash: UInt64, to filter: UnsafeMutableRawBufferPointer) {
        let offset = offset(of: hash, filter.count)
        let bits = bits(of: hash)
        for word in 0..<8 {
            let place = offset + word * 4
            let old = UnsafeRawBufferPointer(filter).loadLittleEndian(UInt32.self, at: place)
            filter.storeLittleEndian(old | bits[word], at: place)
        }
    }

    /// The first two of the eight words of the block of a value, for `mayBegin`.
    @inline(__always)
    static func beginning(_ hash: UInt64, _ filter: UnsafeRawBufferPointer) -> UInt64 {
        guard filter.count >= blockBytes else { return 0 }
        return filter.loadLittleEndian(UInt64.self, at: offset(of: hash, filter.count))
    }

    /// What `mayContain` finds in just those words.
    @inline(__always)
    static func mayBegin(_ hash: UInt64, _ beginning: UInt64) -> Bool {
        let key = UInt32(truncatingIfNeeded: hash)
        let low = UInt64(1) &<< UInt64((key &* firstOdd) &>> 27)
        let high = UInt64(1) &<< UInt64((key &* secondOdd) &>> 27)
        return (low | high &<< 32) & ~beginning == 0
    }

    @inline(__always)
    static func mayContain(_ hash: UInt64, _ filter: UnsafeRawBufferPointer) -> Bool {
        guard filter.count >= blockBytes else { return false }
        let offset = offset(of: hash, filter.count)
        let bits = bits(of: hash)
        // Without an early end: all eight are compared at once.
        var missing: UInt32 = 0
        for word in 0..<8 {
            let present = filter.loadLittleEndian(UInt32.self, at: offset + word * 4)
            missing |= bits[word] & ~present
        }
        return missing == 0
    }
}
