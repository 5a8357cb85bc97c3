import AuditModel

/// The size of a value on the wire.
enum WireSize {
    @inline(__always)
    static func varint(_ value: UInt64) -> Int {
        // Seven bits to a byte; zero takes one.
        (70 - (value | 1).leadingZeroBitCount) / 7
    }

    /// Of a length-delimited field's value with its length, without its tag.
    @inline(__always)
    static func delimited(_ count: Int) -> Int { varint(UInt64(count)) + count }

    /// Of an event's field.
    static func sequence(_ sequence: Sequence) -> Int {
        sequence == .zero
            ? 0 : varint(UInt64(EventField.sequence) << 3) + varint(sequence.rawValue)
    }

    static func timestamp(_ time: Timestamp) -> Int {
        (time.seconds == 0 ? 0 : 1 + varint(UInt64(bitPattern: time.seconds)))
            + (time.nanoseconds == 0 ? 0 : 1 + varint(UInt64(time.nanoseconds)))
    }
}

/// Writes protobuf fields into memory that is known to be large enough; a debug build checks every
/// store.
struct RawWriter {
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    mutating func byte(_ value: UInt8) {
        buffer[count] = value
        count += 1
    }

    mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            byte(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        byte(UInt8(truncatingIfNeeded: value))
    }

    mutating func tag(_ number: UInt32, _ kind: WireKind) {
        varint(UInt64(number) << 3 | UInt64(kind.rawValue))
    }

    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// From one address of a message to another.
    mutating func raw(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) {
        raw(UnsafeRawBufferPointer(start: start, count: end - start))
    }

    /// The length and the text.
    mutating func id(_ id: EventID) {
        varint(UInt64(EventID.textBytes))
        id.writeText(to: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        count += EventID.textBytes
    }

    /// The length and the message google.protobuf.Timestamp.
    mutating func timestamp(_ time: Timestamp) {
        varint(UInt64(WireSize.timestamp(time)))
        if time.seconds != 0 {
            tag(1, .varint)
            varint(UInt64(bitPattern: time.seconds))
        }
        if time.nanoseconds != 0 {
            tag(2, .varint)
            varint(UInt64(time.nanoseconds))
        }
    }
}
