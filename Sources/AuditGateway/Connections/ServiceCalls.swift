import AuditRPC
import Codec
import HTTPTypes
import Hummingbird
import NIOCore

/// Makes calls of the service for requests, as whoever made the request.
struct ServiceCalls: Sendable {
    let connections: ServiceConnections

    /// The methods of the service that have a form in HTTP.
    enum Method: String {
        case record = "Record"
        case query = "Query"
        case getEvent = "GetEvent"
        case listFacets = "ListFacets"
        case histogram = "Histogram"
        case getStatus = "GetStatus"
        case getCaller = "GetCaller"
        case subscribe = "Subscribe"

        fileprivate var path: String { "/auditrpc.v1.AuditLog/\(rawValue)" }
    }

    /// One request, one answer.
    ///
    /// - Throws: `RPCError` with the service's status; `CodecError` for what is no answer.
    func unary<Answer: WireMessage>(
        _ method: Method, _ message: some WireMessage, for request: Request,
        _ context: GatewayContext
    ) async throws -> Answer {
        let connection = try await connections.connection(of: context.connection)
        let answer = try await connection.unary(
            method.path, message.encoded(),
            options: Self.options(for: request, timeout: GatewayLimits.callTime))
        return try Answer(decoding: answer)
    }

    /// A call that goes on until one end has enough.
    func subscribe(
        _ message: SubscribeRequest, for request: Request, _ context: GatewayContext
    ) async throws -> ClientCall {
        let connection = try await connections.connection(of: context.connection)
        let call = connection.call(
            Method.subscribe.path, options: Self.options(for: request, timeout: nil))
        try await call.write(message.encoded())
        call.finishWriting()
        return call
    }

    /// Credential and program of the client; a value that no field of the service could have is none that it knows.
    private static func options(for request: Request, timeout: TimeAmount?) -> CallOptions {
        var options = CallOptions(timeout: timeout)
        for value in request.headers[values: .authorization] {
            options.metadata.add("authorization", isPrintable(value) ? value : "-")
        }
        options.userAgent =
            request.headers[.userAgent].map { agent in
                String(agent.unicodeScalars.map { isPrintable($0) ? Character($0) : "?" })
            } ?? ""
        return options
    }

    private static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy(isPrintable)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        (0x20...0x7E).contains(scalar.value)
    }
}
