import AuditRPC
import InteropMessages

/// Cases of many requests, many responses, or both.
extension CaseContext {
    func clientStreaming() async throws {
        let call = start("StreamingInputCall")
        for size in Self.streamedRequestBytes { try await sendInput(size, on: call) }
        try await expectAggregate(Self.streamedRequestBytes.reduce(0, +), of: call)
    }

    private func sendInput(_ size: Int, compress: Bool? = nil, on call: StreamingCall) async throws
    {
        var request = StreamingInputCallRequest()
        request.payload = Payload(size: size)
        request.expectCompressed = compress.map { BoolValue($0) }
        try await call.rpc.write(request.encoded, compress: compress ?? false)
    }

    private func expectAggregate(_ size: Int, of call: StreamingCall) async throws {
        call.rpc.finishWriting()
        let response = try await call.next(StreamingInputCallResponse.self)
        let found = response?.aggregatedPayloadSize
        try expect(found == Int32(size), "the payloads were counted as \(found ?? -1), not \(size)")
        try await call.expectEnd()
    }

    func clientCompressedStreaming() async throws {
        // The probe: it says that it is compressed, and is not.
        try await expectFailure(.invalidArgument) {
            let probe = start("StreamingInputCall")
            var request = StreamingInputCallRequest()
            request.payload = Payload(size: 27_182)
            request.expectCompressed = BoolValue(true)
            try await probe.rpc.write(request.encoded)
            probe.rpc.finishWriting()
            _ = try await probe.next(StreamingInputCallResponse.self)
        }
        let call = start("StreamingInputCall", options: CallOptions(compress: true))
        try await sendInput(27_182, compress: true, on: call)
        try await sendInput(45_904, compress: false, on: call)
        try await expectAggregate(73_086, of: call)
    }

    func serverStreaming() async throws {
        let call = try await outputCall(
            Self.streamedResponseBytes.map { ResponseParameters(size: $0) })
        for size in Self.streamedResponseBytes { try await call.expectPayload(of: size) }
        try await call.expectEnd()
    }

    private func outputCall(_ parameters: [ResponseParameters]) async throws -> StreamingCall {
        let call = start("StreamingOutputCall")
        var request = StreamingOutputCallRequest()
        request.responseParameters = parameters
        try await call.rpc.write(request.encoded)
        call.rpc.finishWriting()
        return call
    }

    func serverCompressedStreaming() async throws {
        let responses = [(31_415, true), (92_653, false)]
        let call = try await outputCall(
            responses.map { ResponseParameters(size: $0.0, compressed: $0.1) })
        for (size, isCompressed) in responses {
            try await call.expectPayload(of: size)
            try expect(
                call.rpc.responseWasCompressed == isCompressed,
                "the response of \(size) bytes is\(isCompressed ? " not" : "") compressed")
        }
        try await call.expectEnd()
    }

    /// Many small responses, far more than any window, for a reader that pauses after each.
    func slowConsumer() async throws {
        let (count, size) = (2_000, 1_030)
        let call = try await outputCall(
            Array(repeating: ResponseParameters(size: size), count: count))
        for _ in 0..<count {
            try await call.expectPayload(of: size)
            try await Task.sleep(for: slowConsumerPause)
        }
        try await call.expectEnd()
    }

    func pingPong() async throws {
        let call = start("FullDuplexCall")
        for (sent, asked) in zip(Self.streamedRequestBytes, Self.streamedResponseBytes) {
            try await send(sent, asking: asked, on: call)
            try await call.expectPayload(of: asked)
        }
        call.rpc.finishWriting()
        try await call.expectEnd()
    }

    func send(_ size: Int, asking asked: Int, on call: StreamingCall) async throws {
        var request = StreamingOutputCallRequest()
        request.responseParameters = [ResponseParameters(size: asked)]
        request.payload = Payload(size: size)
        try await call.rpc.write(request.encoded)
    }

    func halfDuplex() async throws {
        let call = start("HalfDuplexCall")
        for size in Self.streamedResponseBytes { try await send(0, asking: size, on: call) }
        call.rpc.finishWriting()
        for size in Self.streamedResponseBytes { try await call.expectPayload(of: size) }
        try await call.expectEnd()
    }

    func emptyStream() async throws {
        let call = start("FullDuplexCall")
        call.rpc.finishWriting()
        try await call.expectEnd()
    }
}
