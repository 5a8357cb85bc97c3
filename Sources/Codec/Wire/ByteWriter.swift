import AuditModel

/// Writes protobuf fields into bytes that grow.
struct ByteWriter {
    private(set) var bytes: [UInt8]

    init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Takes memory for so many bytes in all.
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    /// The length and the bytes.
    mutating func delimited(_ value: [UInt8]) {
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// A field of an integer, which is left out at its default.
    mutating func integer(_ number: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        varint(UInt64(number) << 3 | UInt64(WireKind.varint.rawValue))
        varint(value)
    }

    /// A length-delimited field.
    mutating func field(_ number: UInt32, _ value: UnsafeRawBufferPointer) {
        varint(UInt64(number) << 3 | UInt64(WireKind.bytes.rawValue))
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func field(_ number: UInt32, _ value: [UInt8]) {
        value.withUnsafeBytes { field(number, $0) }
    }

    /// A length-delimited field of a stored event, which is copied as it is.
    ///
    /// - Parameter sequence: stands for the one that it has; nil for that one. Of a field that is there twice,
    ///   readers take the last.
    mutating func event(
        _ number: UInt32, _ payload: UnsafeRawBufferPointer, sequence: Sequence?
    ) {
        guard let sequence else { return field(number, payload) }
        varint(UInt64(number) << 3 | UInt64(WireKind.bytes.rawValue))
        varint(UInt64(payload.count + WireSize.sequence(sequence)))
        bytes.append(contentsOf: payload)
        integer(EventField.sequence, sequence.rawValue)
    }

    /// Bytes that are fields already.
    mutating func raw(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

    /// Removes the first `count` bytes.
    mutating func removeFirst(_ count: Int) { bytes.removeFirst(count) }

    /// Writes over `bytes` that are there.
    mutating func overwrite(at offset: Int, with value: [UInt8]) {
        bytes.replaceSubrange(offset..<offset + value.count, with: value)
    }
}
