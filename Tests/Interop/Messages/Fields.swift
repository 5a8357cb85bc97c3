/// Bytes that are no protobuf, or not of the message that they were taken for.
package struct MalformedMessage: Error {}

/// One field of a message, as it lies on the wire.
package enum FieldValue {
    case integer(UInt64)
    case bytes(ArraySlice<UInt8>)
    /// A fixed field: none of ours has one, so its value is passed over.
    case fixed

    func int32() throws(MalformedMessage) -> Int32 {
        guard case .integer(let value) = self else { throw MalformedMessage() }
        return Int32(truncatingIfNeeded: value)
    }

    func bool() throws(MalformedMessage) -> Bool {
        guard case .integer(let value) = self else { throw MalformedMessage() }
        return value != 0
    }

    func bytes() throws(MalformedMessage) -> ArraySlice<UInt8> {
        guard case .bytes(let bytes) = self else { throw MalformedMessage() }
        return bytes
    }

    func message<M: Message>(_ type: M.Type = M.self) throws(MalformedMessage) -> M {
        try M(decoding: bytes())
    }
}

/// Reads the fields of a message one by one.
struct FieldReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// Nil at the end.
    mutating func next() throws(MalformedMessage) -> (number: Int, value: FieldValue)? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        let number = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0: return (number, .integer(try varint()))
        case 1:
            _ = try take(8)
            return (number, .fixed)
        case 2: return (number, .bytes(try take(varint())))
        case 5:
            _ = try take(4)
            return (number, .fixed)
        default: throw MalformedMessage()
        }
    }

    private mutating func take(_ count: UInt64) throws(MalformedMessage) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw MalformedMessage() }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private mutating func varint() throws(MalformedMessage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw MalformedMessage() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw MalformedMessage()
    }
}

/// Writes the fields of a message. Values that are the default of their type are left out, as proto3 does.
package struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ number: Int, _ value: Int32) {
        guard value != 0 else { return }
        tag(number, kind: 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func add(_ number: Int, _ value: Bool) {
        add(number, value ? 1 : 0)
    }

    mutating func add(_ number: Int, _ value: some Collection<UInt8>) {
        guard !value.isEmpty else { return }
        addWhole(number, value)
    }

    /// A message is there even when it is empty.
    mutating func add(_ number: Int, _ message: (some Message)?) {
        guard let message else { return }
        addWhole(number, message.encoded)
    }

    private mutating func addWhole(_ number: Int, _ value: some Collection<UInt8>) {
        tag(number, kind: 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func tag(_ number: Int, kind: UInt64) {
        varint(UInt64(number) << 3 | kind)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
