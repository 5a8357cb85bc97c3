import Glibc

extension StaticString {
    /// The UTF-8 of a literal of more than one character: lives as long as the program.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes of `text`. The hot path compares names with it instead of making Strings.
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        equals(text.bytes)
    }

    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0 else { return true }
        return memcmp(baseAddress!, other.baseAddress!, count) == 0
    }

    @inline(__always)
    func ends(with text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        return count >= length
            && memcmp(baseAddress! + (count - length), text.utf8Start, length) == 0
    }

    @inline(__always)
    func starts(with text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        return count >= length && memcmp(baseAddress!, text.utf8Start, length) == 0
    }
}
