import AuditRPC
import Codec

/// One call of server reflection, on the event loop of its connection. It reads no faster than its
/// client does: an answer is a thousand times as long as its question.
final class ReflectionCall: ServerCallHandler {
    private var conversation: ReflectionConversation
    private let requestBytesMax: Int

    init(_ conversation: ReflectionConversation, limits: RPCServiceLimits) {
        self.conversation = conversation
        requestBytesMax = limits.reflectionRequestBytesMax
    }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        guard message.count <= requestBytesMax else {
            return call.finish(
                RPCStatus(
                    .invalidArgument,
                    "a question of \(message.count) bytes; at most \(requestBytesMax) are allowed"))
        }
        do throws(CodecError) {
            let request = try ReflectionRequest(decoding: message)
            call.send(message: conversation.answer(request).encoded())
        } catch {
            return call.finish(RPCStatus(.invalidArgument, error.message))
        }
        if !call.isWritable { call.pauseReading() }
    }

    func receiveEnd(on call: ServerCall) {
        call.finish()
    }

    func writable(on call: ServerCall) {
        call.resumeReading()
    }

    func drain(on call: ServerCall) {
        call.finish(RPCStatus(.unavailable, "the server is shutting down"))
    }

    func cancel(reason: CancelReason, on call: ServerCall) {}
}
