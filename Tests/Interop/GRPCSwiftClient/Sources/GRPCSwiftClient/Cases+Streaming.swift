import GRPCCore
import InteropMessages

extension Cases {
    static func outputRequest(_ sizes: [Int], payload: Int? = nil) -> StreamingOutputCallRequest {
        var request = StreamingOutputCallRequest()
        request.responseParameters = sizes.map { ResponseParameters(size: $0) }
        request.payload = payload.map { Payload(size: $0) }
        return request
    }

    @Sendable static func clientStreaming(_ service: TestService) async throws {
        try await service.stream("StreamingInputCall") { writer in
            for size in streamedRequestBytes {
                var request = StreamingInputCallRequest()
                request.payload = Payload(size: size)
                try await writer.write(request)
            }
        } responses: { (response: StreamingClientResponse<StreamingInputCallResponse>) in
            for try await message in response.messages {
                let sum = message.aggregatedPayloadSize
                try expect(sum == 74_922, "the payloads were counted as \(sum)")
            }
        }
    }

    @Sendable static func serverStreaming(_ service: TestService) async throws {
        try await service.stream("StreamingOutputCall") { writer in
            try await writer.write(outputRequest(streamedResponseBytes))
        } responses: { response in
            try await expectPayloads(of: streamedResponseBytes, response)
        }
    }

    @Sendable static func serverCompressedStreaming(_ service: TestService) async throws {
        try await service.stream("StreamingOutputCall") { writer in
            var request = StreamingOutputCallRequest()
            request.responseParameters = [
                ResponseParameters(size: 31_415, compressed: true),
                ResponseParameters(size: 92_653, compressed: false),
            ]
            try await writer.write(request)
        } responses: { response in
            try await expectPayloads(of: [31_415, 92_653], response)
        }
    }

    @Sendable static func slowConsumer(_ service: TestService) async throws {
        let (count, size) = (2_000, 1_030)
        try await service.stream("StreamingOutputCall") { writer in
            try await writer.write(outputRequest(Array(repeating: size, count: count)))
        } responses: { (response: StreamingClientResponse<PayloadResponse>) in
            var received = 0
            for try await message in response.messages {
                if received.isMultiple(of: 100) { try await Task.sleep(for: .milliseconds(20)) }
                try expectZeros(message, size)
                received += 1
            }
            try expect(received == count, "\(received) responses came, not \(count)")
        }
    }

    @Sendable static func pingPong(_ service: TestService) async throws {
        // Each response lets the next request go.
        let (turns, go) = AsyncStream<Int>.makeStream()
        go.yield(0)
        try await service.stream("FullDuplexCall") { writer in
            for await turn in turns {
                try await writer.write(
                    outputRequest(
                        [streamedResponseBytes[turn]], payload: streamedRequestBytes[turn]))
            }
        } responses: { (response: StreamingClientResponse<PayloadResponse>) in
            var turn = 0
            for try await message in response.messages {
                try expect(turn < 4, "more responses came than were asked for")
                try expectZeros(message, streamedResponseBytes[turn])
                turn += 1
                if turn < 4 { go.yield(turn) } else { go.finish() }
            }
            try expect(turn == 4, "\(turn) responses came, not 4")
        }
    }

    @Sendable static func halfDuplex(_ service: TestService) async throws {
        try await service.stream("HalfDuplexCall") { writer in
            for size in streamedResponseBytes { try await writer.write(outputRequest([size])) }
        } responses: { response in
            try await expectPayloads(of: streamedResponseBytes, response)
        }
    }

    @Sendable static func emptyStream(_ service: TestService) async throws {
        try await service.stream("FullDuplexCall") { (_: RPCWriter<StreamingOutputCallRequest>) in
        } responses: { response in
            try await expectPayloads(of: [], response)
        }
    }

    // MARK: Ends

    @Sendable static func cancelAfterBegin(_ service: TestService) async throws {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let call = Task {
            try await service.stream("StreamingInputCall") {
                (_: RPCWriter<StreamingInputCallRequest>) in
                begin.yield()
                try await Task.sleep(for: .seconds(3600))
            } responses: { (response: StreamingClientResponse<StreamingInputCallResponse>) in
                for try await _ in response.messages {}
            }
        }
        for await _ in begun { break }
        call.cancel()
        try await expectCancelled { try await call.value }
    }

    @Sendable static func cancelAfterFirstResponse(_ service: TestService) async throws {
        let (responses, arrived) = AsyncStream<Void>.makeStream()
        let call = Task {
            try await service.stream("FullDuplexCall") { writer in
                try await writer.write(outputRequest([31_415], payload: 27_182))
                try await Task.sleep(for: .seconds(3600))
            } responses: { (response: StreamingClientResponse<PayloadResponse>) in
                for try await message in response.messages {
                    try expectZeros(message, 31_415)
                    arrived.yield()
                }
            }
        }
        for await _ in responses { break }
        call.cancel()
        try await expectCancelled { try await call.value }
    }

    /// Depending on how far it is, grpc-swift-2 ends a cancelled task with either error, with one inside the other, or
    /// with what its own reset of the stream makes its channel say.
    private static func expectCancelled(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as RPCError where error.code == .cancelled {
            return
        } catch let error as RPCError where error.cause is CancellationError {
            return
        } catch let error as RPCError
            where error.code == .unavailable
            && error.message == "Stream unexpectedly closed with error."
        {
            return
        } catch is CancellationError {
            return
        }
        throw CaseFailure(description: "the call was cancelled and ended with OK")
    }

    @Sendable static func timeoutOnSleepingServer(_ service: TestService) async throws {
        var options = CallOptions.defaults
        options.timeout = .milliseconds(1)
        try await expectFailure(.deadlineExceeded) {
            try await service.stream("FullDuplexCall", options: options) { writer in
                try await writer.write(outputRequest([], payload: 27_182))
                try await Task.sleep(for: .seconds(3600))
            } responses: { response in
                try await expectPayloads(of: [], response)
            }
        }
    }
}
