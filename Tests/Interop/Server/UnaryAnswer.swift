import AuditRPC

/// A call whose answer is one message, made of one request or of many.
final class UnaryAnswer: ServerCallHandler {
    struct Answer {
        var message: [UInt8]
        var isCompressed = false
    }

    private let echo: EchoedMetadata
    private let receive: (UnsafeRawBufferPointer, ServerCall) throws(RPCError) -> Void
    private let answer: () throws(RPCError) -> Answer

    /// - Parameters:
    ///   - receive: takes one request.
    ///   - answer: gives the answer when all requests are there.
    init(
        call: ServerCall,
        receive: @escaping (UnsafeRawBufferPointer, ServerCall) throws(RPCError) -> Void,
        answer: @escaping () throws(RPCError) -> Answer
    ) {
        echo = EchoedMetadata(of: call.metadata)
        self.receive = receive
        self.answer = answer
    }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        attempt(on: call) { () throws(RPCError) in try receive(message, call) }
    }

    func receiveEnd(on call: ServerCall) {
        attempt(on: call) { () throws(RPCError) in
            let answer = try answer()
            if answer.isCompressed { call.enableCompression() }
            sendInitialMetadata(on: call)
            call.send(message: answer.message)
            call.finish(.ok, trailers: echo.trailing)
        }
    }

    func cancel(reason: CancelReason, on call: ServerCall) {}

    private func attempt(on call: ServerCall, _ body: () throws(RPCError) -> Void) {
        do throws(RPCError) {
            try body()
        } catch {
            sendInitialMetadata(on: call)
            call.finish(error.status, trailers: echo.trailing)
        }
    }

    private func sendInitialMetadata(on call: ServerCall) {
        if !echo.initial.isEmpty { call.sendInitialMetadata(echo.initial) }
    }
}
