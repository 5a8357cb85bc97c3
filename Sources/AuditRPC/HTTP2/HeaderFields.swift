import Glibc

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
        // One growth for the whole field: appending it part by part costs five times as much.
        let bytes = 8 + name.count + value.count
        storage.append(addingCapacity: bytes) { span in
            span.withUnsafeMutableBufferPointer { target, initializedCount in
                let field = UnsafeMutableRawPointer(target.baseAddress!)
                field.storeBytes(of: UInt32(name.count).littleEndian, as: UInt32.self)
                field.storeBytes(
                    of: UInt32(value.count).littleEndian, toByteOffset: 4, as: UInt32.self)
                if let start = name.baseAddress { memcpy(field + 8, start, name.count) }
                if let start = value.baseAddress {
                    memcpy(field + 8 + name.count, start, value.count)
                }
                initializedCount = bytes
            }
        }
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

    /// More of its memory is free than used.
    var isHalfEmpty: Bool { 2 * storage.count < storage.capacity }

    /// The same fields without room for more.
    var compact: HeaderFields {
        var fields = HeaderFields()
        fields.storage = storage.withUnsafeBufferPointer { Array($0) }
        fields.count = count
        return fields
    }

    /// Forgets the fields and keeps the memory.
    mutating func removeAll() {
        storage.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Equality by one comparison of memory; `==` goes byte by byte.
    func hasSameBytes(as other: HeaderFields) -> Bool {
        storage.withUnsafeBytes { mine in other.storage.withUnsafeBytes { mine.equals($0) } }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func littleEndianUInt32(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
