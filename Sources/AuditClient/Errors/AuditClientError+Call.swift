internal import AuditRPC
internal import Codec

/// What calls fail with, in words: what happened, to what, and what to do about it.
extension AuditClientError {
    /// What a call to `server` ended with.
    init(_ error: RPCError, _ details: StatusDetails?, from server: ServerAddress) {
        let violations = details?.violations ?? []
        let grpcCode = Int32(error.code.rawValue)
        let said = Self.text(error.message, violations, grpcCode: grpcCode)
        let message =
            switch (error.cause as? ClientFailure, error.code) {
            case (.notGRPC(let status), _): Self.notGRPC(server, status)
            case (.connectionLost, _), (.notProcessed, _): said
            case (nil, .unavailable): "the server at \(server) is not available: \(said)"
            case (nil, .unimplemented):
                "the server at \(server) speaks gRPC, but it is no audit server or an older one "
                    + "(\(said)); check the address"
            default: said
            }
        self.init(
            code: Code(grpcCode: grpcCode), grpcCode: grpcCode, message: message,
            violations: violations)
    }

    private static func notGRPC(_ server: ServerAddress, _ httpStatus: Int) -> String {
        switch httpStatus {
        case 429, 502, 503, 504:
            "a proxy at \(server) answered with HTTP status \(httpStatus): it does not reach the "
                + "audit server; look there"
        case 401, 403, 407:
            "a proxy at \(server) answered with HTTP status \(httpStatus): it does not let this "
                + "client through"
        default:
            "a web server at \(server) answered with HTTP status \(httpStatus), and not an audit "
                + "server; check the address"
        }
    }

    /// The server's answer was not the message that it should be.
    static func unreadable(_ error: CodecError, from server: ServerAddress) -> AuditClientError {
        AuditClientError(
            .internal, "the answer of the server at \(server) cannot be read: \(error.message)")
    }

    static func requestTooLarge(bytes: Int) -> AuditClientError {
        AuditClientError(
            code: .tooLarge, grpcCode: Int32(RPCStatus.Code.resourceExhausted.rawValue),
            message: "the request has \(bytes) bytes, and a server takes "
                + "\(Limits.requestBytesMax) at most: send fewer events at once")
    }

    static func tooManyWait(_ count: Int) -> AuditClientError {
        AuditClientError(
            .unavailable, "\(count) calls wait for a connection already; let some of them end")
    }

    static func noAnswer(from server: ServerAddress, within timeout: Duration?) -> AuditClientError
    {
        let time = timeout.map { " within \(DurationText.of($0))" } ?? " in time"
        return AuditClientError(
            .deadlineExceeded,
            "the server at \(server) did not answer\(time): it is busy, or the network is; give it "
                + "more time")
    }

    /// A stream on which nothing comes any more.
    static func silent(_ server: ServerAddress, for time: Duration) -> AuditClientError {
        AuditClientError(
            .unavailable,
            "nothing has come from the server at \(server) for \(DurationText.of(time))")
    }

    static func endedEarly(_ server: ServerAddress) -> AuditClientError {
        AuditClientError(.unavailable, "the server at \(server) ended the stream early")
    }

    /// After several attempts the last one's error stands for all.
    func saying(attempts: Int) -> AuditClientError {
        guard attempts > 1 else { return self }
        var error = self
        error.message += " (after \(attempts) attempts)"
        return error
    }

    init(_ code: RPCStatus.Code, _ message: String) {
        let grpcCode = Int32(code.rawValue)
        self.init(code: Code(grpcCode: grpcCode), grpcCode: grpcCode, message: message)
    }
}

/// A time as people write it.
enum DurationText {
    static func of(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        if milliseconds == 0 { return "\(seconds)s" }
        return "\(seconds * 1_000 + milliseconds)ms"
    }
}
