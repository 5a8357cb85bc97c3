/// The error of this module: a call that did not end well, or a server or connection that could not start.
///
/// A handler throws one to choose the status of its call. A client gets one for every status but OK.
package struct RPCError: Error, Sendable, CustomStringConvertible {
    package var code: RPCStatus.Code
    /// What the peer sees.
    package var message: String
    /// An encoded `google.rpc.Status`; travels as `grpc-status-details-bin`.
    package var details: [UInt8]?
    /// The trailers that came with the status, or go with it.
    package var metadata: RPCMetadata
    /// What lies behind it. For the log; never sent.
    package var cause: (any Error)?

    package init(
        _ code: RPCStatus.Code, _ message: String, details: [UInt8]? = nil,
        metadata: RPCMetadata = RPCMetadata(), cause: (any Error)? = nil
    ) {
        precondition(code != .ok, "OK is not an error")
        self.code = code
        self.message = message
        self.details = details
        self.metadata = metadata
        self.cause = cause
    }

    /// The error of a client's call; nil for OK. CANCELLED after the deadline means that the server's clock was the
    /// first to say so (PROTOCOL-HTTP2, "Client Cancellation"); nothing of such an answer is used.
    init?(
        _ status: RPCStatus, metadata: RPCMetadata, cause: (any Error)? = nil, isPastDeadline: Bool
    ) {
        guard !status.isOK else { return nil }
        if status.code == .cancelled, isPastDeadline {
            self = .timeout
        } else {
            self.init(
                status.code, status.message, details: status.details, metadata: metadata,
                cause: cause)
        }
    }

    static var timeout: RPCError {
        RPCError(.deadlineExceeded, "the call took longer than its timeout")
    }

    package var status: RPCStatus { RPCStatus(code, message, details: details) }

    package var description: String {
        let text = message.isEmpty ? "\(code.name)" : "\(code.name): \(message)"
        guard let cause else { return text }
        return "\(text) (\(cause))"
    }
}
