import Codec
import EventStore

/// Why the service did not do what it was asked.
struct ServiceError: Error, Sendable {
    enum Code: Hashable, Sendable {
        /// The request is not one that the contract allows; `violations` name its fields.
        case invalid
        case notFound
        /// The id is stored with other content.
        case alreadyExists
        /// A position above the head, or below the oldest event kept.
        case outOfRange
        /// A limit of the server: disk, queue, subscribers. Nothing was done; it may work later.
        case exhausted
        /// The server stops, or refuses writes until it is restarted.
        case unavailable
        /// What was stored cannot be read.
        case dataLoss
        case deadlineExceeded
        case cancelled
    }

    var code: Code
    /// What the client sees.
    var message: String
    var violations: [FieldViolation]
    /// What the log says beside it; never sent.
    var cause: (any Error)?

    init(
        _ code: Code, _ message: String, violations: [FieldViolation] = [],
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.violations = violations
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
            let place = error.damage.map { ": sequences \($0.sequences)" } ?? ""
            self.init(.dataLoss, "stored events are damaged\(place)", cause: error)
        case .refusingWrites, .inputOutput:
            self.init(
                .unavailable,
                "the server cannot reach its store; its log says why", cause: error)
        case .locked, .unsupportedVersion, .invalidConfiguration, .closed:
            self.init(.unavailable, "the server's store is closed", cause: error)
        }
    }
}

extension ServiceError: CustomStringConvertible {
    var description: String {
        guard let cause else { return message }
        return "\(message) (\(cause))"
    }
}
