public import Codec

/// Why a call did not do what it was asked, in words for the person who asked.
public struct AuditClientError: Error, Hashable, Sendable {
    /// What a caller can do about it.
    public enum Code: Hashable, Sendable {
        /// The server looked at the request and said no: the same request will be refused again.
        case refused
        /// The request is larger than a server takes, and was not sent: send fewer events at once.
        case tooLarge
        /// What this client was given to connect with cannot be used: a file of a certificate that is
        /// not there, for one. No server was asked.
        case unusable
        /// No server was reached, or it is going away: the same request may succeed later.
        case unavailable
        /// No answer came in time. A record may have been stored all the same; sent again with
        /// the same ids it is stored once.
        case timedOut
        /// The caller cancelled it.
        case cancelled
        /// Anything else: a fault of the server, or an answer that could not be read.
        case failed
    }

    public var code: Code
    /// The status code of gRPC that stands behind it: 14 for UNAVAILABLE.
    public var grpcCode: Int32
    /// For people: what happened, with the address when it was not reached.
    public var message: String
    /// The fields that the server refused, by name.
    public var violations: [FieldViolation]

    public init(
        code: Code, grpcCode: Int32, message: String, violations: [FieldViolation] = []
    ) {
        self.code = code
        self.grpcCode = grpcCode
        self.message = message
        self.violations = violations
    }
}

extension AuditClientError: CustomStringConvertible {
    public var description: String { message }
}

extension AuditClientError {
    /// A status inside a message: of one event, or of one request of a stream.
    public init(_ status: StatusDetails) {
        self.init(
            code: Code(grpcCode: status.code), grpcCode: status.code,
            message: Self.text(status.message, status.violations, grpcCode: status.code),
            violations: status.violations)
    }

    /// The server's message, and the reasons that it does not give itself, with their fields.
    static func text(
        _ message: String, _ violations: [FieldViolation], grpcCode: Int32
    ) -> String {
        let unnamed = violations.filter { !message.contains($0.reason) }
        let texts = (message.isEmpty ? [] : [message]) + unnamed.map(\.description)
        guard !texts.isEmpty else { return "the server answered with status \(grpcCode)" }
        return texts.joined(separator: "; ")
    }
}

extension AuditClientError.Code {
    /// The codes of https://github.com/grpc/grpc/blob/master/doc/statuscodes.md, by what a caller
    /// can do.
    public init(grpcCode: Int32) {
        switch grpcCode {
        case 1: self = .cancelled
        case 4: self = .timedOut
        case 14: self = .unavailable
        // INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED,
        // FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, UNAUTHENTICATED.
        case 3, 5, 6, 7, 8, 9, 10, 11, 12, 16: self = .refused
        default: self = .failed
        }
    }
}
