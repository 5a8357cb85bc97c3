import AuditRPC
import InteropMessages

/// Cases of one request and one response.
extension CaseContext {
    func emptyUnary() async throws {
        let response = try await connection.unary(Self.path("EmptyCall"), Empty().encoded)
        try expect(response.isEmpty, "an empty message has \(response.count) bytes")
    }

    func largeUnary() async throws {
        try await largeUnary(on: connection)
    }

    func largeUnary(on connection: RPCClientConnection) async throws {
        try check(try await unaryCall(Self.largeRequest(), on: connection))
    }

    static func largeRequest(
        bytes: Int = largeRequestBytes, asking responseBytes: Int = largeResponseBytes
    ) -> SimpleRequest {
        var request = SimpleRequest()
        request.responseSize = Int32(responseBytes)
        request.payload = Payload(size: bytes)
        return request
    }

    func check(_ response: RPCResponse, _ bytes: Int = largeResponseBytes) throws {
        try expectZeros(PayloadResponse(decoding: response.message), bytes)
    }

    func clientCompressedUnary() async throws {
        var request = Self.largeRequest()
        request.expectCompressed = BoolValue(true)
        // The probe: a server that looks at the flag refuses it.
        try await expectFailure(.invalidArgument) { _ = try await unaryCall(request) }
        try check(try await unaryCall(request, options: CallOptions(compress: true)))
        request.expectCompressed = BoolValue(false)
        try check(try await unaryCall(request))
    }

    func serverCompressedUnary() async throws {
        var request = Self.largeRequest()
        for isCompressed in [true, false] {
            request.responseCompressed = BoolValue(isCompressed)
            let response = try await unaryCall(request)
            try check(response)
            try expect(
                response.wasCompressed == isCompressed,
                "the response is\(isCompressed ? " not" : "") compressed")
        }
    }

    func customMetadata() async throws {
        let initial = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
        let trailing = ("x-grpc-test-echo-trailing-bin", [0xAB, 0xAB, 0xAB] as [UInt8])
        var options = CallOptions(metadata: RPCMetadata([initial]))
        options.metadata.add(trailing.0, bytes: trailing.1)
        func check(_ received: RPCMetadata, _ trailers: RPCMetadata) throws {
            let values = received.values(named: initial.0)
            try expect(values == [initial.1], "the initial metadata came back as \(values)")
            let bytes = trailers.allBytes(named: trailing.0)
            try expect(bytes == [trailing.1], "the trailing metadata came back as \(bytes)")
        }

        let response = try await unaryCall(Self.largeRequest(), options: options)
        try check(response.initialMetadata, response.trailingMetadata)

        let duplex = start("FullDuplexCall", options: options)
        var request = StreamingOutputCallRequest()
        request.responseParameters = [ResponseParameters(size: Self.largeResponseBytes)]
        request.payload = Payload(size: Self.largeRequestBytes)
        try await duplex.rpc.write(request.encoded)
        duplex.rpc.finishWriting()
        try await duplex.expectPayload(of: Self.largeResponseBytes)
        try await duplex.expectEnd()
        try check(await duplex.rpc.initialMetadata, await duplex.rpc.trailingMetadata)
    }
}
