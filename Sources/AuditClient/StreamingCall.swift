internal import AuditRPC
internal import Codec

/// A call of many messages, with typed messages and this module's errors.
final class StreamingCall: Sendable {
    private let call: ClientCall
    let address: ServerAddress

    init(_ call: ClientCall, address: ServerAddress) {
        self.call = call
        self.address = address
    }

    func write(_ message: some WireMessage) async throws(AuditClientError) {
        do throws(RPCError) {
            try await call.write(message.encoded())
        } catch {
            throw AuditClientError(error, address: address)
        }
    }

    func finishWriting() { call.finishWriting() }

    func cancel() { call.cancel() }

    func makeIterator<Message: WireMessage>(of type: Message.Type) -> Iterator<Message> {
        Iterator(call: self, messages: call.messages.makeAsyncIterator())
    }

    /// Keeps the call alive while it is read.
    struct Iterator<Message: WireMessage> {
        private let call: StreamingCall
        private var messages: ResponseMessages.AsyncIterator

        init(call: StreamingCall, messages: ResponseMessages.AsyncIterator) {
            self.call = call
            self.messages = messages
        }

        mutating func next() async throws(AuditClientError) -> Message? {
            let bytes: [UInt8]?
            do throws(RPCError) {
                bytes = try await messages.next()
            } catch {
                throw AuditClientError(error, address: call.address)
            }
            guard let bytes else { return nil }
            return try Message(answer: bytes, address: call.address)
        }
    }
}

extension WireMessage {
    /// An answer of the server at `address`.
    init(answer bytes: [UInt8], address: ServerAddress) throws(AuditClientError) {
        do throws(CodecError) {
            try self.init(decoding: bytes)
        } catch {
            throw .unreadable(error, address: address)
        }
    }
}
