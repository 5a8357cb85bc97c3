#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

extension UnsafeRawBufferPointer {
    /// Negative, zero or positive, as bytes are ordered; a prefix comes first.
    @inline(__always)
    func compare(_ other: UnsafeRawBufferPointer) -> Int {
        let common = Swift.min(count, other.count)
        if common > 0 {
            let order = memcmp(baseAddress!, other.baseAddress!, common)
            if order != 0 { return Int(order) }
        }
        return count - other.count
    }

    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        count == other.count && (count == 0 || memcmp(baseAddress!, other.baseAddress!, count) == 0)
    }

    @inline(__always)
    func starts(with prefix: UnsafeRawBufferPointer) -> Bool {
        count >= prefix.count
            && UnsafeRawBufferPointer(rebasing: self[..<prefix.count]).equals(prefix)
    }
}
