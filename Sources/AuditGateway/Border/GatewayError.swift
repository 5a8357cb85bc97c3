import AuditRPC
import Codec

/// Why a request was not answered with what it asked for. What the client sees is all of it.
struct GatewayError: Error {
    var code: RPCStatus.Code
    /// Of HTTP; what fits the code, unless HTTP has a better word.
    var httpStatus: Int
    var message: String
    var violations: [FieldViolation] = []
    /// When the same request would pass.
    var retryDelay: Duration?

    init(
        _ code: RPCStatus.Code, _ message: String, httpStatus: Int? = nil,
        violations: [FieldViolation] = []
    ) {
        self.code = code
        self.httpStatus = httpStatus ?? code.httpStatus
        self.message = message
        self.violations = violations
    }

    /// Of a parameter.
    static func parameter(_ name: String, _ reason: String) -> GatewayError {
        GatewayError(CodecError.invalid(name, reason))
    }

    init(_ error: CodecError) {
        self.init(.invalidArgument, error.message, violations: error.violations)
    }

    /// As the service said it.
    init(_ error: RPCError) {
        let details = error.details.flatMap { try? StatusDetails(decoding: $0) }
        self.init(error.code, error.message, violations: details?.violations ?? [])
        retryDelay = details?.retryDelay
    }

    /// Whatever a handler threw; of what is not meant for clients nothing is said.
    init(_ error: any Error) {
        switch error {
        case let error as GatewayError: self = error
        case let error as RPCError: self.init(error)
        case let error as CodecError: self.init(error)
        case is CancellationError: self.init(.cancelled, "the request was cancelled")
        default: self.init(.internal, "an internal error")
        }
    }
}

extension GatewayError {
    /// `{"error": ...}`; see docs/http.md.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("error")
            json.object { write(to: &$0) }
        }
        return writer.bytes
    }

    func write(to json: inout JSONWriter) {
        json.key("code")
        json.string("\(code.name)")
        json.key("status")
        json.number(httpStatus)
        json.key("message")
        json.string(message)
        json.member("violations", violations) { json, violation in
            json.object { json in
                json.member("field", violation.field)
                json.member("description", violation.reason)
            }
        }
        if let retryAfter {
            json.key("retry_after")
            json.string("\(retryAfter)s")
        }
    }

    /// Whole seconds, as `Retry-After` has them (RFC 9110 §10.2.3); nil when the same request will do no better later.
    var retryAfter: Int64? {
        if let retryDelay {
            let (seconds, attoseconds) = retryDelay.components
            return max(1, seconds + (attoseconds > 0 ? 1 : 0))
        }
        return code == .unavailable ? Int64(GatewayLimits.retrySeconds) : nil
    }
}

extension RPCStatus.Code {
    /// As google.rpc.Code says it beside each code.
    fileprivate var httpStatus: Int {
        switch self {
        case .ok: 200
        case .invalidArgument, .failedPrecondition, .outOfRange: 400
        case .unauthenticated: 401
        case .permissionDenied: 403
        case .notFound: 404
        case .alreadyExists, .aborted: 409
        case .resourceExhausted: 429
        case .cancelled: 499
        case .unimplemented: 501
        case .unavailable: 503
        case .deadlineExceeded: 504
        case .unknown, .internal, .dataLoss: 500
        }
    }
}
