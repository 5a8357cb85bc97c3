import AuditRPC
import HTTPTypes
import Hummingbird
import NIOCore

extension GatewayBudgets {
    /// An answer in JSON. A large one counts until its client has read it.
    ///
    /// - Throws: RESOURCE_EXHAUSTED when too many wait already.
    func answer(_ json: [UInt8], _ context: GatewayContext) throws(GatewayError) -> Response {
        guard let room = try hold(answer: json.count) else { return .json(json) }
        var response = Response.json([])
        response.body = ResponseBody(contentLength: json.count) { writer in
            try await context.within(GatewayLimits.answerTime) {
                try await writer.write(ByteBuffer(bytes: json))
                try await writer.finish(nil)
            }
            withExtendedLifetime(room) {}
        }
        return response
    }
}

extension GatewayBudgets {
    /// Nil for a small one.
    ///
    /// - Throws: RESOURCE_EXHAUSTED when too many wait already.
    func hold(answer bytes: Int) throws(GatewayError) -> ByteBudget.Hold? {
        guard bytes > GatewayLimits.smallAnswerBytesMax else { return nil }
        guard let hold = answers.take(bytes) else { throw .unreadAnswers }
        return hold
    }
}

extension GatewayError {
    static let unreadAnswers = busy("too many answers wait for their clients to read them")

    /// The same request may be taken a little later.
    static func busy(_ message: String) -> GatewayError {
        var error = GatewayError(.resourceExhausted, message + "; try again later")
        error.retryDelay = .seconds(GatewayLimits.retrySeconds)
        return error
    }
}

extension Response {
    static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func error(_ error: GatewayError) -> Response {
        var response = json(error.json, status: HTTPResponse.Status(code: error.httpStatus))
        if error.code == .unauthenticated { response.headers[.wwwAuthenticate] = "Bearer" }
        if let seconds = error.retryAfter { response.headers[.retryAfter] = String(seconds) }
        return response
    }
}
