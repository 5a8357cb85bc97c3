import CAuditProto
import CProtobufC

/// A message struct of protoc-c. Its first member is the `ProtobufCMessage` that names its
/// descriptor.
protocol CMessage {
    /// Sets every field to its default and the descriptor.
    static var initialize: (UnsafeMutablePointer<Self>?) -> Void { get }
}

extension Arena {
    /// A message with every field at its default.
    func make<Message: CMessage>(_ type: Message.Type) -> UnsafeMutablePointer<Message> {
        let message = allocate(type, count: 1)
        Message.initialize(message)
        return message
    }

    /// Reads a message; nil when the bytes are not one or the arena's limit was met. Bytes are
    /// copied into the arena.
    func unpack<Message: CMessage>(
        _ type: Message.Type, from bytes: UnsafeRawBufferPointer
    ) -> UnsafeMutablePointer<Message>? {
        withUnsafeTemporaryAllocation(of: Message.self, capacity: 1) { scratch in
            // protoc-c gives the descriptor as a global, whose address Swift does not promise; an
            // initialised message carries it.
            Message.initialize(scratch.baseAddress)
            let descriptor = UnsafeRawPointer(scratch.baseAddress.unsafelyUnwrapped)
                .assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor
            let message = protobuf_c_message_unpack(
                descriptor, allocator, bytes.count,
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            return message.map {
                UnsafeMutableRawPointer($0).assumingMemoryBound(to: Message.self)
            }
        }
    }

    /// A copy in the arena.
    func copy(_ text: String) -> ProtobufCBinaryData {
        var text = text
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    func copy(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        bytes.withUnsafeBytes { copy($0) }
    }

    private func copy(_ bytes: UnsafeRawBufferPointer) -> ProtobufCBinaryData {
        guard let source = bytes.baseAddress, bytes.count > 0 else {
            return ProtobufCBinaryData(len: 0, data: nil)
        }
        let copy = allocate(UInt8.self, count: bytes.count)
        UnsafeMutableRawPointer(copy).copyMemory(from: source, byteCount: bytes.count)
        return ProtobufCBinaryData(len: bytes.count, data: copy)
    }

    /// An array of C values, one for each of `values`.
    func array<Value, Element>(
        _ values: [Value], _ element: (Value) -> Element
    ) -> UnsafeMutablePointer<Element>? {
        guard !values.isEmpty else { return nil }
        let memory = allocate(Element.self, count: values.count)
        for (index, value) in values.enumerated() {
            (memory + index).initialize(to: element(value))
        }
        return memory
    }
}

extension CMessage {
    /// Its size on the wire.
    static func packedSize(_ message: UnsafePointer<Self>) -> Int {
        protobuf_c_message_get_packed_size(base(message))
    }

    /// Writes `packedSize` bytes.
    static func pack(_ message: UnsafePointer<Self>, to memory: UnsafeMutableRawPointer) {
        _ = protobuf_c_message_pack(base(message), memory.assumingMemoryBound(to: UInt8.self))
    }

    static func packed(_ message: UnsafePointer<Self>) -> [UInt8] {
        let size = packedSize(message)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            if let memory = buffer.baseAddress {
                pack(message, to: UnsafeMutableRawPointer(memory))
            }
            count = size
        }
    }

    private static func base(_ message: UnsafePointer<Self>) -> UnsafePointer<ProtobufCMessage> {
        UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
    }
}

extension ProtobufCBinaryData {
    /// Its bytes in place.
    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: data, count: len) }
}
