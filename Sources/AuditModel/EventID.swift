/// The id of an event: a UUID (RFC 9562), 16 bytes in network order.
public struct EventID: Hashable, Sendable, BitwiseCopyable {
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
        guard text.count == EventID.textBytes, let start = text.baseAddress else { return nil }
        let hyphen = UInt8(ascii: "-")
        guard text[8] == hyphen, text[13] == hyphen, text[18] == hyphen, text[23] == hyphen else {
            return nil
        }
        func eight(_ first: Int, _ second: Int) -> UInt64? {
            // Two times four characters, the first in the lowest byte.
            let low = (start + first).loadUnaligned(as: UInt32.self).littleEndian
            let high = (start + second).loadUnaligned(as: UInt32.self).littleEndian
            return Hexadecimal.value(UInt64(high) << 32 | UInt64(low))
        }
        guard let first = eight(0, 4), let second = eight(9, 14), let third = eight(19, 24),
            let fourth = eight(28, 32)
        else { return nil }
        self.init(high: first << 32 | second, low: third << 32 | fourth)
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
        func eight(_ value: UInt64, _ first: Int, _ second: Int) {
            let digits = Hexadecimal.digits(value & 0xFFFF_FFFF)
            let low = UInt32(truncatingIfNeeded: digits).littleEndian
            let high = UInt32(truncatingIfNeeded: digits >> 32).littleEndian
            buffer.storeBytes(of: low, toByteOffset: first, as: UInt32.self)
            buffer.storeBytes(of: high, toByteOffset: second, as: UInt32.self)
        }
        eight(high >> 32, 0, 4)
        eight(high, 9, 14)
        eight(low >> 32, 19, 24)
        eight(low, 28, 32)
        let hyphen = UInt8(ascii: "-")
        buffer[8] = hyphen
        buffer[13] = hyphen
        buffer[18] = hyphen
        buffer[23] = hyphen
    }
}

/// Eight hexadecimal digits at once: every event's id is read and written as text.
private enum Hexadecimal {
    /// The digits of a 32-bit value in lower case, the first in the lowest byte.
    static func digits(_ value: UInt64) -> UInt64 {
        // Swap the halves, then the bytes, then the nibbles apart: one nibble in each byte.
        var nibbles = (value >> 16 | value << 32) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles >> 8 | nibbles << 16) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles >> 4 | nibbles << 8) & 0x0F0F_0F0F_0F0F_0F0F
        return characters(nibbles)
    }

    /// The value of eight digits of either case, the first in the lowest byte; nil when a character
    /// is none.
    static func value(_ digits: UInt64) -> UInt64? {
        // Letters have a bit that digits lack, and the low bits of A are 1: its value less 9.
        let letters = digits >> 6 & ones
        let nibbles = (digits & 0x0F0F_0F0F_0F0F_0F0F) &+ letters &* 9
        // Whatever is no digit comes out as another character, or as more than four bits.
        guard nibbles & 0xF0F0_F0F0_F0F0_F0F0 == 0,
            characters(nibbles) == digits | letters << 5
        else { return nil }
        let bytes = (nibbles << 4 | nibbles >> 8) & 0x00FF_00FF_00FF_00FF
        let pairs = (bytes << 8 | bytes >> 16) & 0x0000_FFFF_0000_FFFF
        return (pairs << 16 | pairs >> 32) & 0xFFFF_FFFF
    }

    /// The character of the nibble in each byte.
    private static func characters(_ nibbles: UInt64) -> UInt64 {
        // 1 where the nibble is 10 or more: "a" lies 39 places behind what follows "9".
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & ones
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
}

extension EventID: CustomStringConvertible {
    public var description: String {
        String(unsafeUninitializedCapacity: EventID.textBytes) { buffer in
            writeText(to: UnsafeMutableRawBufferPointer(buffer))
            return EventID.textBytes
        }
    }
}
