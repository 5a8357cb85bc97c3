internal import AuditRPC
internal import Codec

/// How a call failed: for people, and for what decides whether it is made again.
struct CallFailure: Error, Hashable, Sendable {
    var kind: RetryMachine.Failure
    var error: AuditClientError

    /// A failure that no further attempt mends.
    init(_ error: AuditClientError) {
        kind = .final
        self.error = error
    }

    init(_ kind: RetryMachine.Failure, _ error: AuditClientError) {
        self.kind = kind
        self.error = error
    }

    /// What a call to `server` ended with.
    init(_ error: RPCError, from server: ServerAddress) {
        let details = error.details.flatMap { try? StatusDetails(decoding: $0) }
        let pushback = Pushback.of(error.metadata, details)
        kind =
            switch (error.cause as? ClientFailure, error.code) {
            case (.notProcessed, _): .notProcessed
            case (.connectionLost, _): .connectionLost
            case (_, .unavailable): .unavailable(pushback)
            case (_, .resourceExhausted): .exhausted(pushback)
            default: .final
            }
        self.error = AuditClientError(error, details, from: server)
    }

    /// A status inside a response.
    init(_ status: StatusDetails) {
        let pushback = Pushback.of(status)
        kind =
            switch RPCStatus.Code(rawValue: Int(status.code)) {
            case .unavailable: .unavailable(pushback)
            case .resourceExhausted: .exhausted(pushback)
            default: .final
            }
        error = AuditClientError(status)
    }

    /// A failure of the server's, or of this side, that no further attempt mends.
    static func final(_ code: RPCStatus.Code, _ message: String) -> CallFailure {
        CallFailure(AuditClientError(code, message))
    }

    static let cancelled = CallFailure(AuditClientError(.cancelled, "the call was cancelled"))

    static let closed = CallFailure(AuditClientError(.cancelled, "the client is closed"))

    static let tooManyWait = CallFailure(.tooManyWait(Limits.waitingCallsMax))
}

private typealias Pushback = RetryMachine.Pushback

extension RetryMachine.Pushback {
    /// What a server said about a further attempt; nil for nothing.
    static func of(_ trailers: RPCMetadata, _ details: StatusDetails?) -> Self? {
        guard let text = trailers["grpc-retry-pushback-ms"] else { return details.flatMap(of) }
        // What is no number of milliseconds means never (gRPC's A6).
        guard let milliseconds = Int32(text), milliseconds >= 0 else { return .never }
        return after(min(.milliseconds(milliseconds), Limits.pushbackMax))
    }

    static func of(_ status: StatusDetails) -> Self? {
        status.retryDelay.map { .after(min(max($0, .zero), Limits.pushbackMax)) }
    }
}
