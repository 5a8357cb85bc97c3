import AuditRPC
import HTTPTypes
import Hummingbird
import NIOCore

/// How the gateway writes its answers.
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
