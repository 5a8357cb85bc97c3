import AuditRPC
import Codec

/// The one place where errors of the service become gRPC statuses.
extension RPCStatus {
    init(_ error: ServiceError) {
        self.init(Code(error.code), error.message, details: error.details)
    }
}

extension RPCError {
    init(_ error: ServiceError) {
        self.init(
            .init(error.code), error.message, details: error.details, cause: error.cause)
    }
}

extension StatusDetails {
    /// Inside a response: of one event, or of one request of a stream.
    init(_ error: ServiceError) {
        self.init(
            code: error.wireCode, message: error.message, violations: error.violations,
            retryDelay: error.retryDelay)
    }
}

extension ServiceError {
    /// `google.rpc.Status` with BadRequest and RetryInfo, when there are fields to name or a time to wait.
    fileprivate var details: [UInt8]? {
        guard violations.isEmpty else { return StatusDetails(self).encoded() }
        guard let retryDelay else { return nil }
        return StatusDetailsWriter.encode(
            code: wireCode, message: message, retryDelay: retryDelay)
    }

    fileprivate var wireCode: Int32 { Int32(RPCStatus.Code(code).rawValue) }

    /// Nil of an error that time does not change.
    fileprivate var retryDelay: Duration? {
        code == .busy ? retryAfter ?? ServiceLimits.busyDelay : nil
    }
}

extension RPCStatus.Code {
    init(_ code: ServiceError.Code) {
        self =
            switch code {
            case .invalid: .invalidArgument
            case .notFound: .notFound
            case .unauthenticated: .unauthenticated
            case .forbidden: .permissionDenied
            case .precondition: .failedPrecondition
            case .alreadyExists: .alreadyExists
            case .outOfRange: .outOfRange
            case .exhausted, .busy: .resourceExhausted
            case .unavailable: .unavailable
            case .dataLoss: .dataLoss
            case .deadlineExceeded: .deadlineExceeded
            case .cancelled: .cancelled
            }
    }
}
