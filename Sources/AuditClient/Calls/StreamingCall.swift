internal import AuditRPC
internal import Codec

/// A call of many messages, with typed messages and this module's errors.
final class StreamingCall: Sendable {
    private let call: ClientCall
    let server: ServerAddress

    init(_ call: ClientCall, server: ServerAddress) {
        self.call = call
        self.server = server
    }

    func write(_ message: [UInt8]) async throws(CallFailure) {
        do throws(RPCError) {
            try await call.write(message)
        } catch {
            throw CallFailure(error, from: server)
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

        mutating func next() async throws(CallFailure) -> Message? {
            let bytes: [UInt8]?
            do throws(RPCError) {
                bytes = try await messages.next()
            } catch {
                throw CallFailure(error, from: call.server)
            }
            guard let bytes else { return nil }
            return try Message(answer: bytes, from: call.server)
        }
    }
}

extension WireMessage {
    init(answer bytes: [UInt8], from server: ServerAddress) throws(CallFailure) {
        do throws(CodecError) {
            try self.init(decoding: bytes)
        } catch {
            throw CallFailure(.unreadable(error, from: server))
        }
    }
}
