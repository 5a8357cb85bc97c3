package import Codec
import EventStore

/// Why the service did not do what it was asked.
package struct ServiceError: Error, Sendable {
    package enum Code: Hashable, Sendable {
        /// The request is not one that the contract allows; `violations` name its fields. Or what a server was to
        /// start with cannot be.
        case invalid
        case notFound
        /// Who calls is not known, or not any more.
        case unauthenticated
        /// Callers like this one may not.
        case forbidden
        /// What is asked for cannot be done as things are on the server's machine; the message says what to change.
        case precondition
        /// The id is stored with other content.
        case alreadyExists
        /// A position above the head, or below the oldest event kept.
        case outOfRange
        /// A limit of the server that somebody has to see to: its disk. Nothing was done.
        case exhausted
        /// A limit of the server that it is at for now: its queues, its subscribers; or a quota of the caller. Nothing
        /// was done; the same request may be taken a little later.
        case busy
        /// The server stops, or refuses writes until it is restarted.
        case unavailable
        /// What was stored cannot be read.
        case dataLoss
        case deadlineExceeded
        case cancelled
    }

    package var code: Code
    /// What the client sees.
    package var message: String
    package var violations: [FieldViolation]
    /// When the same request would pass, where that is known of a `busy` server.
    package var retryAfter: Duration?
    /// What the log says beside it; never sent.
    package var cause: (any Error)?

    init(
        _ code: Code, _ message: String, violations: [FieldViolation] = [],
        retryAfter: Duration? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.violations = violations
        self.retryAfter = retryAfter
        self.cause = cause
    }

    init(_ error: CodecError) {
        self.init(.invalid, error.message, violations: error.violations)
    }

    /// File names and offsets are the operator's business: they go to the log, as the cause.
    init(_ error: StoreError) {
        switch error.code {
        case .diskFull:
            self.init(
                .exhausted,
                "the server's disk is full: nothing was stored; reads go on; free space on it "
                    + "and send the request again", cause: error)
        case .damaged:
            // Which: where they lie in the log would tell one organization of the others.
            self.init(.dataLoss, "stored events are damaged", cause: error)
        case .refusingWrites, .inputOutput:
            self.init(
                .unavailable,
                "the server cannot reach its store; its log says why", cause: error)
        case .locked, .unsupportedVersion, .invalidConfiguration, .snapshotRefused, .cancelled,
            .closed:
            self.init(.unavailable, "the server's store is closed", cause: error)
        }
    }
}

extension ServiceError: CustomStringConvertible {
    package var description: String {
        guard let cause else { return message }
        return "\(message) (\(cause))"
    }
}
