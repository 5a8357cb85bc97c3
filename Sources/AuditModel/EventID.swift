/// The id of an event: a UUID (RFC 9562), 16 bytes in network order.
public struct EventID: Hashable, Sendable {
    public var high: UInt64
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then 74 random bits of `random`.
    public init(version7At time: Timestamp, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(max(0, time.nanosecondsSinceEpoch) / 1_000_000)
        high = milliseconds << 16 | 0x7000 | (random.0 & 0x0FFF)
        low = 0x8000_0000_0000_0000 | (random.1 & 0x3FFF_FFFF_FFFF_FFFF)
    }

    /// From its 36-character text (RFC 9562, section 4); letters of either case. Nil for anything
    /// else.
    public init?(text: UnsafeRawBufferPointer) {
        guard text.count == EventID.textBytes else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (offset, byte) in text.enumerated() {
            if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = EventID.hexadecimal(byte) else { return nil }
            if digits < 16 {
                halves.0 = halves.0 << 4 | digit
            } else {
                halves.1 = halves.1 << 4 | digit
            }
            digits += 1
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// From its 36-character text. Nil for anything else.
    public init?(_ text: String) {
        var text = text
        guard let id = text.withUTF8({ EventID(text: UnsafeRawBufferPointer($0)) }) else {
            return nil
        }
        self = id
    }

    /// The length of the text form.
    public static let textBytes = 36

    /// Writes the 36 characters, in lower case, to the start of `buffer`.
    public func writeText(to buffer: UnsafeMutableRawBufferPointer) {
        precondition(buffer.count >= EventID.textBytes)
        var digit = 0
        for offset in 0..<EventID.textBytes {
            if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                buffer[offset] = UInt8(ascii: "-")
                continue
            }
            let half = digit < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: half >> UInt64((15 - digit % 16) * 4)) & 0xF
            buffer[offset] = nibble < 10 ? 48 + nibble : 87 + nibble
            digit += 1
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension EventID: CustomStringConvertible {
    public var description: String {
        String(unsafeUninitializedCapacity: EventID.textBytes) { buffer in
            writeText(to: UnsafeMutableRawBufferPointer(buffer))
            return EventID.textBytes
        }
    }
}
