import AuditRPC
import InteropMessages

/// What a case runs with: a connection of its own, and what most cases do with it.
struct CaseContext: Sendable {
    let server: CaseServer
    let connection: RPCClientConnection
    let soak: SoakOptions
    let slowConsumerPause: Duration

    static func path(_ method: String) -> String { "/grpc.testing.TestService/\(method)" }

    /// The sizes that the descriptions ask for.
    static let largeRequestBytes = 271_828
    static let largeResponseBytes = 314_159
    static let streamedRequestBytes = [27_182, 8, 1_828, 45_904]
    static let streamedResponseBytes = [31_415, 9, 2_653, 58_979]

    /// Calls UnaryCall.
    func unaryCall(
        _ request: SimpleRequest, options: CallOptions = CallOptions(),
        on connection: RPCClientConnection? = nil
    ) async throws -> RPCResponse {
        try await (connection ?? self.connection).unaryResponse(
            Self.path("UnaryCall"), request.encoded, options: options)
    }

    func start(_ method: String, options: CallOptions = CallOptions()) -> StreamingCall {
        StreamingCall(connection.call(Self.path(method), options: options))
    }
}

/// A streaming call whose responses are taken one by one.
final class StreamingCall {
    let rpc: ClientCall
    private var responses: ResponseMessages.AsyncIterator

    init(_ rpc: ClientCall) {
        self.rpc = rpc
        responses = rpc.messages.makeAsyncIterator()
    }

    /// Nil at the end, when the status is OK; throws any other.
    func next<Response: Message>(_ type: Response.Type = PayloadResponse.self) async throws
        -> Response?
    {
        try await responses.next().map { try Response(decoding: $0) }
    }

    /// The next response, whose payload must be `size` zeros.
    func expectPayload(of size: Int) async throws {
        guard let response = try await next() else {
            throw CaseFailure("the responses ended before the one of \(size) bytes")
        }
        try expectZeros(response, size)
    }

    func expectEnd() async throws {
        try expect(try await next() == nil, "more responses came than were asked for")
    }
}

struct CaseFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws {
    guard condition else { throw CaseFailure(otherwise()) }
}

func expectZeros(_ response: PayloadResponse, _ size: Int) throws {
    let body = response.payload?.body ?? []
    try expect(body.count == size, "a payload has \(body.count) bytes, not \(size)")
    try expect(body.allSatisfy { $0 == 0 }, "a payload of \(size) bytes is not all zeros")
}

/// Runs `body`, which must fail with this code and, where one is given, with this message.
func expectFailure(
    _ code: RPCStatus.Code, _ message: String? = nil, _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as RPCError {
        try expect(error.code == code, "the call ended with \(error), not with \(code.name)")
        let found = error.message
        try expect(
            message == nil || found == message, "the status message is \(found.debugDescription)")
        return
    }
    throw CaseFailure("the call ended with OK, not with \(code.name)")
}
