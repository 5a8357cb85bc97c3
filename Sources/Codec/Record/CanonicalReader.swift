/// Reads the fields of a message one after the other, as long as they are encoded the way in which protobuf-c encodes
/// them: in the order of their numbers, none at its default, numbers as short as they can be, unknown fields behind.
///
/// Each function takes the field of that number (1 to 15, so that its tag is one byte) if it comes next. Anything else
/// ends the reading: `isAtEnd` is then false, and what was read means nothing.
struct CanonicalReader {
    /// The next byte to be read.
    private(set) var position: UnsafeRawPointer
    let end: UnsafeRawPointer
    private var isCanonical = true

    /// `bytes` must outlive the reader and the slices that it gives.
    init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; any will do, as it is never read.
        position = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        end = position + bytes.count
    }

    /// A string or bytes; empty when there are none.
    @inline(__always)
    mutating func bytes(_ number: UInt8) -> UnsafeRawBufferPointer {
        guard isNext(number << 3 | WireKind.bytes.rawValue) else { return nothing }
        position += 1
        let bytes = delimited()
        if bytes.isEmpty { fail() }
        return bytes
    }

    /// A message, which may be empty; nil when there is none.
    @inline(__always)
    mutating func message<Message: CanonicalMessage>(
        _ number: UInt8, _ type: Message.Type
    ) -> Message? {
        guard isNext(number << 3 | WireKind.bytes.rawValue) else { return nil }
        position += 1
        let message = Message(canonical: delimited())
        if message == nil { fail() }
        return message
    }

    /// All messages of a repeated field.
    mutating func messages<Message: CanonicalMessage>(
        _ number: UInt8, _ type: Message.Type
    ) -> CanonicalMessages<Message> {
        let start = position
        var count = 0
        while message(number, type) != nil { count += 1 }
        return CanonicalMessages(
            bytes: UnsafeRawBufferPointer(start: start, count: position - start), number: number,
            count: count)
    }

    /// An int64; zero when there is none.
    mutating func int64(_ number: UInt8) -> Int64 {
        guard isNext(number << 3 | WireKind.varint.rawValue) else { return 0 }
        position += 1
        let value = varint()
        if value == 0 { fail() }
        return Int64(bitPattern: value)
    }

    /// An int32 or an enumeration, which travel as an int64; zero when there is none.
    mutating func int32(_ number: UInt8) -> Int32 {
        let wide = int64(number)
        let value = Int32(truncatingIfNeeded: wide)
        if Int64(value) != wide { fail() }
        return value
    }

    /// Whether the rest is fields with numbers above `knownFields`, and all before it was canonical.
    mutating func isAtEnd(knownFields: UInt64) -> Bool {
        while position < end {
            let field = UnsafeRawBufferPointer(start: position, count: end - position)
            guard varint() >> 3 > knownFields else { return false }
            // What follows the tag stays as it is, so any reader may look for its end.
            var reader = WireReader(field)
            guard reader.next() != nil else { return false }
            position = reader.position
        }
        return isCanonical
    }

    @inline(__always)
    private func isNext(_ tag: UInt8) -> Bool {
        position < end && position.load(as: UInt8.self) == tag
    }

    @inline(__always)
    private mutating func delimited() -> UnsafeRawBufferPointer {
        let count = varint()
        guard count <= UInt64(end - position) else {
            fail()
            return nothing
        }
        let bytes = UnsafeRawBufferPointer(start: position, count: Int(count))
        position += bytes.count
        return bytes
    }

    /// Zero when there is none in its shortest form.
    @inline(__always)
    private mutating func varint() -> UInt64 {
        guard position < end else { return 0 }
        let first = position.load(as: UInt8.self)
        position += 1
        return first < 0x80 ? UInt64(first) : longVarint(first)
    }

    private mutating func longVarint(_ first: UInt8) -> UInt64 {
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while position < end, shift < 64 {
            let byte = position.load(as: UInt8.self)
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                // A last byte of zero makes it longer than it need be; the tenth has one bit to give.
                if byte > 0, shift < 63 || byte < 2 { return value }
                break
            }
            shift += 7
        }
        fail()
        return 0
    }

    private mutating func fail() {
        isCanonical = false
        position = end
    }
}

/// A message that can be read in place when its bytes are canonical.
protocol CanonicalMessage {
    /// The greatest number of its fields.
    static var lastField: UInt64 { get }

    /// Takes its fields in the order of their numbers.
    init(_ reader: inout CanonicalReader)
}

extension CanonicalMessage {
    /// Nil when the bytes are not canonical: they must be encoded anew. Valid as long as `bytes`.
    @inline(__always)
    init?(canonical bytes: UnsafeRawBufferPointer) {
        var reader = CanonicalReader(bytes)
        self.init(&reader)
        guard reader.isAtEnd(knownFields: Self.lastField) else { return nil }
    }
}

/// The messages of a repeated field, which lie one behind the other.
struct CanonicalMessages<Message: CanonicalMessage>: Swift.Sequence, IteratorProtocol {
    let count: Int
    private let number: UInt8
    private var reader: CanonicalReader

    /// The end of the message that `next` gave last, and the start of the one that follows.
    var position: UnsafeRawPointer { reader.position }

    init(bytes: UnsafeRawBufferPointer, number: UInt8, count: Int) {
        self.count = count
        self.number = number
        reader = CanonicalReader(bytes)
    }

    mutating func next() -> Message? { reader.message(number, Message.self) }
}
