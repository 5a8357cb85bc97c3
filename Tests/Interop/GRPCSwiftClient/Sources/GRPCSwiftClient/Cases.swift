import GRPCCore
import InteropMessages

/// The cases, by the names that gRPC's interop test descriptions give them. grpc-swift-2 compresses whole calls, not
/// single messages, so client_compressed_streaming is not among them; and it does not tell what came compressed.
enum Cases {
    static let all: [String: @Sendable (GRPCSwiftClient) async throws -> Void] = [
        "empty_unary": { try await $0.withService(emptyUnary) },
        "large_unary": { try await $0.withService(largeUnary) },
        "client_compressed_unary": { try await $0.withService(clientCompressedUnary) },
        "server_compressed_unary": { try await $0.withService(serverCompressedUnary) },
        "client_streaming": { try await $0.withService(clientStreaming) },
        "server_streaming": { try await $0.withService(serverStreaming) },
        "server_compressed_streaming": { try await $0.withService(serverCompressedStreaming) },
        "slow_consumer": { try await $0.withService(slowConsumer) },
        "ping_pong": { try await $0.withService(pingPong) },
        "half_duplex": { try await $0.withService(halfDuplex) },
        "empty_stream": { try await $0.withService(emptyStream) },
        "custom_metadata": { try await $0.withService(customMetadata) },
        "status_code_and_message": { try await $0.withService(statusCodeAndMessage) },
        "special_status_message": { try await $0.withService(specialStatusMessage) },
        "unimplemented_method": { try await $0.withService(unimplementedMethod) },
        "unimplemented_service": { try await $0.withService(unimplementedService) },
        "cancel_after_begin": { try await $0.withService(cancelAfterBegin) },
        "cancel_after_first_response": { try await $0.withService(cancelAfterFirstResponse) },
        "timeout_on_sleeping_server": { try await $0.withService(timeoutOnSleepingServer) },
        "rpc_soak": rpcSoak,
        "channel_soak": channelSoak,
    ]

    static let streamedRequestBytes = [27_182, 8, 1_828, 45_904]
    static let streamedResponseBytes = [31_415, 9, 2_653, 58_979]

    static func largeRequest() -> SimpleRequest {
        var request = SimpleRequest()
        request.responseSize = 314_159
        request.payload = Payload(size: 271_828)
        return request
    }

    // MARK: Soaks

    static func rpcSoak(_ command: GRPCSwiftClient) async throws {
        try await command.withService { service in
            try await soak(command) { try await largeUnary(service) }
        }
    }

    static func channelSoak(_ command: GRPCSwiftClient) async throws {
        try await soak(command) { try await command.withService(largeUnary) }
    }

    private static func soak(
        _ command: GRPCSwiftClient, _ body: () async throws -> Void
    ) async throws {
        for iteration in 0..<command.soakIterations {
            let time = try await ContinuousClock().measure(body)
            let milliseconds = Int(time / .milliseconds(1))
            print(
                "soak iteration: \(iteration) elapsed_ms: \(milliseconds) peer: \(command.server) succeeded"
            )
            try expect(
                milliseconds <= command.soakPerIterationMaxAcceptableLatencyMs, "a call was slow")
        }
    }
}

// MARK: Expectations

struct CaseFailure: Error, CustomStringConvertible {
    let description: String
}

func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws {
    guard condition else { throw CaseFailure(description: otherwise()) }
}

func expectZeros(_ response: PayloadResponse, _ size: Int) throws {
    let body = response.payload?.body ?? []
    try expect(body == Payload(size: size).body, "\(body.count) bytes are not \(size) zeros")
}

/// The responses must be of these sizes, in this order, and no more.
func expectPayloads(
    of sizes: some Sequence<Int>, _ response: StreamingClientResponse<PayloadResponse>
) async throws {
    var expected = sizes.makeIterator()
    for try await message in response.messages {
        guard let size = expected.next() else {
            throw CaseFailure(description: "more responses came than were asked for")
        }
        try expectZeros(message, size)
    }
    try expect(expected.next() == nil, "fewer responses came than were asked for")
}

func expectFailure(
    _ code: RPCError.Code, _ message: String? = nil, _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as RPCError {
        try expect(error.code == code, "the call ended with \(error), not with \(code)")
        try expect(
            message == nil || error.message == message,
            "the status message is \(error.message.debugDescription)")
        return
    }
    throw CaseFailure(description: "the call ended with OK, not with \(code)")
}
