/// A list of header fields in one array, in order: keeping the fields of a request costs one allocation.
struct HeaderFields: Sendable, Equatable {
    /// For each field: length of the name and of the value (4 bytes each, little endian), name, value.
    private(set) var storage: [UInt8] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        if storage.isEmpty {
            // The fields of a usual request fit, which saves the growing.
            storage.reserveCapacity(160)
        }
        append(length: name.count)
        append(length: value.count)
        storage.append(contentsOf: name)
        storage.append(contentsOf: value)
        count += 1
    }

    mutating func append(_ name: StaticString, _ value: StaticString) {
        append(name: name.bytes, value: value.bytes)
    }

    mutating func append(_ name: StaticString, _ value: [UInt8]) {
        value.withUnsafeBytes { append(name: name.bytes, value: $0) }
    }

    mutating func append(_ name: StaticString, _ value: String) {
        var value = value
        value.withUTF8 { append(name: name.bytes, value: UnsafeRawBufferPointer($0)) }
    }

    mutating func append(contentsOf other: HeaderFields) {
        storage.append(contentsOf: other.storage)
        count += other.count
    }

    /// Calls `body` with name and value of each field, in order. The bytes are valid during the call.
    func visit(
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) {
        storage.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let nameBytes = Int(bytes.littleEndianUInt32(at: offset))
                let valueBytes = Int(bytes.littleEndianUInt32(at: offset + 4))
                let name = offset + 8
                let value = name + nameBytes
                offset = value + valueBytes
                body(
                    UnsafeRawBufferPointer(rebasing: bytes[name..<value]),
                    UnsafeRawBufferPointer(rebasing: bytes[value..<offset]))
            }
        }
    }

    private mutating func append(length: Int) {
        let length = UInt32(length)
        storage.append(UInt8(truncatingIfNeeded: length))
        storage.append(UInt8(truncatingIfNeeded: length >> 8))
        storage.append(UInt8(truncatingIfNeeded: length >> 16))
        storage.append(UInt8(truncatingIfNeeded: length >> 24))
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func littleEndianUInt32(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
