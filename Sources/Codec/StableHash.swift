/// A 64-bit hash that is the same in every process and version: FNV-1a with the finish of
/// MurmurHash3.
///
/// For recognising equal things, not for keeping enemies out: whoever wants a collision can make
/// one.
struct StableHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ bytes: some Swift.Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    /// Spreads every bit over all others.
    func finish() -> UInt64 {
        var hash = state
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 33
    }
}
