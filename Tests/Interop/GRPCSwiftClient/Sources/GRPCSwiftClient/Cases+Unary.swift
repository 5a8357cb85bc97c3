import GRPCCore
import InteropMessages

extension Cases {
    @Sendable static func emptyUnary(_ service: TestService) async throws {
        let response: ClientResponse<Empty> = try await service.unary("EmptyCall", Empty())
        _ = try response.message
    }

    @Sendable static func largeUnary(_ service: TestService) async throws {
        try await largeUnary(service, largeRequest(), options: .defaults)
    }

    private static func largeUnary(
        _ service: TestService, _ request: SimpleRequest, options: CallOptions
    ) async throws {
        let response: ClientResponse<PayloadResponse> = try await service.unary(
            "UnaryCall", request, options: options)
        try expectZeros(response.message, 314_159)
    }

    @Sendable static func clientCompressedUnary(_ service: TestService) async throws {
        var request = largeRequest()
        request.expectCompressed = BoolValue(true)
        // The probe: a server that looks at the flag refuses it.
        try await expectFailure(.invalidArgument) {
            try await largeUnary(service, request, options: .defaults)
        }
        var options = CallOptions.defaults
        options.compression = .gzip
        try await largeUnary(service, request, options: options)
        request.expectCompressed = BoolValue(false)
        try await largeUnary(service, request, options: .defaults)
    }

    @Sendable static func serverCompressedUnary(_ service: TestService) async throws {
        var request = largeRequest()
        for isCompressed in [true, false] {
            request.responseCompressed = BoolValue(isCompressed)
            try await largeUnary(service, request, options: .defaults)
        }
    }

    @Sendable static func customMetadata(_ service: TestService) async throws {
        let (initial, trailing) = ("x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin")
        let metadata: Metadata = [
            initial: "test_initial_metadata_value", trailing: .binary([0xAB, 0xAB, 0xAB]),
        ]
        @Sendable func check(_ received: Metadata, _ trailers: Metadata) throws {
            try expect(
                Array(received[stringValues: initial]) == ["test_initial_metadata_value"],
                "the initial metadata is \(received)")
            try expect(
                Array(trailers[binaryValues: trailing]) == [[0xAB, 0xAB, 0xAB]],
                "the trailing metadata is \(trailers)")
        }

        let response: ClientResponse<PayloadResponse> = try await service.unary(
            "UnaryCall", largeRequest(), metadata: metadata)
        try expectZeros(response.message, 314_159)
        try check(response.metadata, response.trailingMetadata)

        try await service.stream("FullDuplexCall", metadata: metadata) { writer in
            try await writer.write(outputRequest([314_159], payload: 271_828))
        } responses: { (response: StreamingClientResponse<PayloadResponse>) in
            var trailers = Metadata()
            for try await part in try response.accepted.get().bodyParts {
                if case .trailingMetadata(let received) = part { trailers = received }
            }
            try check(response.metadata, trailers)
        }
    }

    @Sendable static func statusCodeAndMessage(_ service: TestService) async throws {
        let status = EchoStatus(code: 2, message: "test status message")
        try await expectUnaryEcho(of: status, service)
        try await expectFailure(.unknown, status.message) {
            try await service.stream("FullDuplexCall") { writer in
                var request = StreamingOutputCallRequest()
                request.responseStatus = status
                try await writer.write(request)
            } responses: { response in
                try await expectPayloads(of: [], response)
            }
        }
    }

    private static func expectUnaryEcho(of status: EchoStatus, _ service: TestService) async throws
    {
        var request = SimpleRequest()
        request.responseStatus = status
        let response: ClientResponse<PayloadResponse> = try await service.unary(
            "UnaryCall", request)
        try await expectFailure(.unknown, status.message) { _ = try response.message }
    }

    @Sendable static func specialStatusMessage(_ service: TestService) async throws {
        let message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
        try await expectUnaryEcho(of: EchoStatus(code: 2, message: message), service)
    }

    @Sendable static func unimplementedMethod(_ service: TestService) async throws {
        let response: ClientResponse<Empty> = try await service.unary("UnimplementedCall", Empty())
        try await expectFailure(.unimplemented) { _ = try response.message }
    }

    @Sendable static func unimplementedService(_ service: TestService) async throws {
        let response: ClientResponse<Empty> = try await service.unary(
            "UnimplementedCall", Empty(), service: "grpc.testing.UnimplementedService")
        try await expectFailure(.unimplemented) { _ = try response.message }
    }
}
