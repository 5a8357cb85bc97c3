import AuditRPC
import Codec
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads the bodies of requests, within what all of them may take together.
struct BodyReader: Sendable {
    let calls: ServiceCalls
    let budgets: GatewayBudgets

    /// JSON. Only what says that it is JSON is read: a page of another site can have a browser send anything else.
    ///
    /// - Throws: `GatewayError`, and what the service says of a caller that it does not know, whose large bodies nobody
    ///   reads.
    func json(of request: Request, _ context: GatewayContext) async throws -> [UInt8] {
        let type = request.headers[.contentType]?.prefix { $0 != ";" && $0 != " " }
        guard type?.lowercased() == "application/json" else {
            throw GatewayError(
                .invalidArgument, "the content-type is to be application/json", httpStatus: 415)
        }
        let bytes = request.headers[.contentLength].flatMap { Int($0) }
        let room = bytes ?? GatewayLimits.bodyBytesMax
        guard room > GatewayLimits.smallBodyBytesMax else {
            guard let place = budgets.smallBodies.take(1) else {
                throw GatewayError.busy("too many bodies are being read")
            }
            let body = try await read(request, upTo: room, context)
            withExtendedLifetime(place) {}
            return body
        }
        guard room <= GatewayLimits.bodyBytesMax else { throw GatewayError.bodyTooLarge }
        let _: GetCallerResponse = try await calls.unary(
            .getCaller, GetCallerRequest(), for: request, context)
        guard let hold = budgets.bodies.take(room) else {
            throw GatewayError.busy("too many large bodies are being read")
        }
        let body = try await read(request, upTo: room, context)
        withExtendedLifetime(hold) {}
        return body
    }

    /// - Parameter bytesMax: what there is room for: a body that is longer than it said is no more than that.
    private func read(
        _ request: Request, upTo bytesMax: Int, _ context: GatewayContext
    ) async throws -> [UInt8] {
        var request = request
        let buffer = try await context.within(GatewayLimits.bodyTime) {
            try await request.collectBody(upTo: max(0, bytesMax))
        }
        return Array(buffer.readableBytesView)
    }
}

extension GatewayError {
    static let bodyTooLarge = GatewayError(
        .resourceExhausted,
        "the body has more than \(GatewayLimits.bodyBytesMax) bytes; send fewer events",
        httpStatus: 413)
}
