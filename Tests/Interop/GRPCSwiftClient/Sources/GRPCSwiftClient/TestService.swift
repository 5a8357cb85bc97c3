import GRPCCore
import GRPCNIOTransportHTTP2Posix
import InteropMessages

/// The test service, called through grpc-swift-2.
struct TestService: Sendable {
    let client: GRPCClient<HTTP2ClientTransport.Posix>

    func unary<Request: Message, Response: Message>(
        _ method: String, _ request: Request, service: String = "grpc.testing.TestService",
        metadata: Metadata = [:], options: CallOptions = .defaults
    ) async throws -> ClientResponse<Response> {
        try await client.unary(
            request: ClientRequest(message: request, metadata: metadata),
            descriptor: descriptor(method, service: service),
            serializer: Protobuf<Request>(), deserializer: Protobuf<Response>(), options: options
        ) { $0 }
    }

    /// A call of any kind: `requests` writes, `responses` reads, both at once.
    func stream<Request: Message, Response: Message>(
        _ method: String, metadata: Metadata = [:], options: CallOptions = .defaults,
        requests: @escaping @Sendable (RPCWriter<Request>) async throws -> Void,
        responses: @escaping @Sendable (StreamingClientResponse<Response>) async throws -> Void
    ) async throws {
        try await client.bidirectionalStreaming(
            request: StreamingClientRequest(metadata: metadata, producer: requests),
            descriptor: descriptor(method, service: "grpc.testing.TestService"),
            serializer: Protobuf<Request>(), deserializer: Protobuf<Response>(),
            options: options, onResponse: responses)
    }

    private func descriptor(_ method: String, service: String) -> MethodDescriptor {
        MethodDescriptor(fullyQualifiedService: service, method: method)
    }
}

/// The messages of the interop cases, for grpc-swift-2.
struct Protobuf<M: Message>: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: M) -> Bytes {
        Bytes(message.encoded)
    }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> M {
        try bytes.withUnsafeBytes { bytes in
            do {
                return try M(decoding: bytes)
            } catch {
                throw RPCError(code: .internalError, message: "not a well-formed \(M.self)")
            }
        }
    }
}
