/// The wire types of protobuf that the contract uses or must pass over.
enum WireKind: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
}

/// One field as it lies on the wire.
struct WireField {
    var number: UInt32
    var kind: WireKind
    /// The value of a varint or a fixed field.
    var integer: UInt64
    /// The value of a length-delimited field; empty for the others.
    var bytes: UnsafeRawBufferPointer
}

/// Reads protobuf fields one by one, in place and without allocation.
///
/// It ends at the first byte that is no field: `isAtEnd` tells the end of the message from damage.
struct WireReader {
    private(set) var position: UnsafeRawPointer
    private let end: UnsafeRawPointer
    private(set) var isMalformed = false

    /// `bytes` must outlive the reader and the slices that it gives.
    init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; any will do, as it is never read.
        position = bytes.baseAddress ?? WireReader.nowhere
        end = position + bytes.count
    }

    /// The whole message was read and every byte of it made sense.
    var isAtEnd: Bool { position == end && !isMalformed }

    /// The next field; nil at the end and at damage.
    mutating func next() -> WireField? {
        guard position < end, let tag = varint() else { return nil }
        let number = UInt32(truncatingIfNeeded: tag >> 3)
        guard tag <= UInt64(UInt32.max), number > 0,
            let kind = WireKind(rawValue: UInt8(truncatingIfNeeded: tag & 7))
        else { return fail() }
        var field = WireField(
            number: number, kind: kind, integer: 0,
            bytes: UnsafeRawBufferPointer(start: position, count: 0))
        switch kind {
        case .varint:
            guard let value = varint() else { return fail() }
            field.integer = value
        case .bytes:
            guard let count = varint(), count <= UInt64(end - position) else { return fail() }
            field.bytes = UnsafeRawBufferPointer(start: position, count: Int(count))
            position += Int(count)
        case .fixed32:
            guard end - position >= 4 else { return fail() }
            field.integer = UInt64(position.loadUnaligned(as: UInt32.self).littleEndian)
            position += 4
        case .fixed64:
            guard end - position >= 8 else { return fail() }
            field.integer = position.loadUnaligned(as: UInt64.self).littleEndian
            position += 8
        }
        return field
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 64 {
            let byte = position.load(as: UInt8.self)
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                // The tenth byte has one bit to give; some parsers refuse a varint with more.
                guard shift < 63 || byte < 2 else { break }
                return value
            }
            shift += 7
        }
        isMalformed = true
        return nil
    }

    private mutating func fail() -> WireField? {
        isMalformed = true
        return nil
    }

    private static var nowhere: UnsafeRawPointer {
        UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    }
}

/// Byte for byte, eight at once.
@inline(__always)
package func equalBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return true }
    var offset = 0
    while offset + 8 <= left.count {
        guard
            (leftStart + offset).loadUnaligned(as: UInt64.self)
                == (rightStart + offset).loadUnaligned(as: UInt64.self)
        else { return false }
        offset += 8
    }
    while offset < left.count {
        guard left[offset] == right[offset] else { return false }
        offset += 1
    }
    return true
}
