import AuditRPC
import InteropMessages

/// `grpc.testing.TestService` of the interop test descriptions of gRPC. UnimplementedCall and UnimplementedService are
/// missing on purpose: cases ask for them.
enum TestService {
    private static let path = "/grpc.testing.TestService/"

    static var router: RPCRouter {
        var router = RPCRouter()
        router.add(path + "EmptyCall", requests: .one, handler: emptyCall)
        router.add(path + "UnaryCall", requests: .one, handler: unaryCall)
        router.add(path + "StreamingInputCall", requests: .many, handler: streamingInputCall)
        router.add(path + "StreamingOutputCall", requests: .one) {
            StreamedAnswer(call: $0, queue: ResponseQueue(waitsForEnd: true))
        }
        router.add(path + "FullDuplexCall", requests: .many) {
            StreamedAnswer(call: $0, queue: ResponseQueue(waitsForEnd: false))
        }
        router.add(path + "HalfDuplexCall", requests: .many) {
            StreamedAnswer(call: $0, queue: ResponseQueue(waitsForEnd: true))
        }
        return router
    }

    private static func emptyCall(_ call: ServerCall) -> UnaryAnswer {
        UnaryAnswer(call: call) { message, _ throws(RPCError) in
            _ = try Empty(request: message)
        } answer: { () throws(RPCError) in
            UnaryAnswer.Answer(message: Empty().encoded)
        }
    }

    private static func unaryCall(_ call: ServerCall) -> UnaryAnswer {
        var request = SimpleRequest()
        return UnaryAnswer(call: call) { message, call throws(RPCError) in
            request = try SimpleRequest(request: message)
            try call.check(expectCompressed: request.expectCompressed)
        } answer: { () throws(RPCError) in
            if let status = request.responseStatus.map({ RPCStatus($0) }), !status.isOK {
                throw RPCError(status.code, status.message)
            }
            let response = try PayloadResponse(requestedBytes: Int(request.responseSize))
            return UnaryAnswer.Answer(
                message: response.encoded,
                isCompressed: request.responseCompressed?.value ?? false)
        }
    }

    private static func streamingInputCall(_ call: ServerCall) -> UnaryAnswer {
        var bytes = 0
        return UnaryAnswer(call: call) { message, call throws(RPCError) in
            let request = try StreamingInputCallRequest(request: message)
            try call.check(expectCompressed: request.expectCompressed)
            bytes += request.payload?.body.count ?? 0
        } answer: { () throws(RPCError) in
            UnaryAnswer.Answer(
                message: StreamingInputCallResponse(aggregatedPayloadSize: bytes).encoded)
        }
    }
}
