import AuditRPC
import InteropMessages
import NIOCore

/// Cases about how calls end.
extension CaseContext {
    func statusCodeAndMessage() async throws {
        let status = EchoStatus(code: 2, message: "test status message")
        try await expectUnaryEcho(of: status)
        try await expectFailure(.unknown, status.message) {
            let call = start("FullDuplexCall")
            var request = StreamingOutputCallRequest()
            request.responseStatus = status
            try await call.rpc.write(request.encoded)
            call.rpc.finishWriting()
            try await call.expectEnd()
        }
    }

    private func expectUnaryEcho(of status: EchoStatus) async throws {
        var request = SimpleRequest()
        request.responseStatus = status
        try await expectFailure(.unknown, status.message) { _ = try await unaryCall(request) }
    }

    func specialStatusMessage() async throws {
        let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
        try await expectUnaryEcho(of: EchoStatus(code: 2, message: message))
    }

    func unimplementedMethod() async throws {
        try await expectUnimplemented("/grpc.testing.TestService/UnimplementedCall")
    }

    func unimplementedService() async throws {
        try await expectUnimplemented("/grpc.testing.UnimplementedService/UnimplementedCall")
    }

    private func expectUnimplemented(_ path: String) async throws {
        try await expectFailure(.unimplemented) {
            _ = try await connection.unary(path, Empty().encoded)
        }
    }

    func cancelAfterBegin() async throws {
        let call = start("StreamingInputCall")
        call.rpc.cancel()
        try await expectFailure(.cancelled) {
            _ = try await call.next(StreamingInputCallResponse.self)
        }
    }

    func cancelAfterFirstResponse() async throws {
        let call = start("FullDuplexCall")
        try await send(27_182, asking: 31_415, on: call)
        try await call.expectPayload(of: 31_415)
        call.rpc.cancel()
        try await expectFailure(.cancelled) { try await call.expectEnd() }
    }

    func timeoutOnSleepingServer() async throws {
        let call = start("FullDuplexCall", options: CallOptions(timeout: .milliseconds(1)))
        var request = StreamingOutputCallRequest()
        request.payload = Payload(size: 27_182)
        // The deadline may pass while the request is written.
        try? await call.rpc.write(request.encoded)
        try await expectFailure(.deadlineExceeded) { try await call.expectEnd() }
    }
}
