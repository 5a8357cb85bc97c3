import Logging
import NIOCore
import Synchronization

/// The client's end of a connection, on its event loop.
///
/// @unchecked: made by the task that connects and handed to the event loop before anything happens to it; after that
/// only the loop touches it. Its constants and `isOpen` may be read anywhere.
final class ClientConnection: HTTP2Connection, @unchecked Sendable {
    /// What the peer is called in messages, and in `:authority`.
    let authority: String
    /// Succeeds with the server's first SETTINGS.
    let ready: EventLoopPromise<Void>
    private let logger: Logger
    /// False when no new call can start.
    private let open = Atomic(true)
    /// Why the connection ended, in words for a status message.
    private var endReason: String?
    private var hasTimedOut = false
    private let scheme: String

    init(
        eventLoop: any EventLoop, limits: RPCLimits, authority: String,
        ready: EventLoopPromise<Void>, logger: Logger
    ) {
        self.authority = authority
        self.ready = ready
        self.logger = logger
        // The seam for TLS: a handler before this one, and "https" here.
        scheme = "http"
        super.init(role: .client, eventLoop: eventLoop, limits: limits)
    }

    var isOpen: Bool { open.load(ordering: .relaxed) }

    /// Starts a call; a call that cannot start ends at once.
    func start(_ stream: ClientStream, path: String, options: CallOptions) {
        guard !stream.isComplete else { return }
        guard isOpen, context != nil else { return stream.fail(unavailable()) }
        let fields = requestFields(path: path, options: options)
        guard session.submitRequest(fields, stream: stream) else {
            return stream.fail(unavailable())
        }
        setNeedsFlush()
    }

    private func requestFields(path: String, options: CallOptions) -> HeaderFields {
        var fields = HeaderFields()
        fields.append(":method", "POST")
        fields.append(":scheme", scheme)
        fields.append(":path", path)
        fields.append(":authority", authority)
        fields.append("te", "trailers")
        fields.append("content-type", "application/grpc")
        fields.append("user-agent", "auditrpc-swift")
        if let timeout = options.timeout {
            fields.append("grpc-timeout", GRPCTimeout.format(timeout))
        }
        fields.append(contentsOf: options.metadata.fields)
        return fields
    }

    /// The error of calls that the end of the connection ends.
    func unavailable() -> RPCError {
        let reason = endReason ?? session.lastProblem.map { "it broke HTTP/2: \($0)" }
        return RPCError(
            .unavailable,
            "the connection to \(authority) is gone: \(reason ?? "the server closed it")")
    }

    /// Ends every call, says GOAWAY and closes.
    func shutDown() {
        guard let context else { return }
        open.store(false, ordering: .relaxed)
        endReason = "this side closed it"
        beginBatch()
        session.terminate(code: .noError)
        endBatch()
        context.close(promise: nil)
    }

    // MARK: Events

    override func receivedSettings() {
        super.receivedSettings()
        ready.succeed()
    }

    override func receivedGoAway(lastStreamID: Int32, code: HTTP2ErrorCode, debugText: String) {
        open.store(false, ordering: .relaxed)
        let text = debugText.isEmpty ? "" : " (\(debugText))"
        endReason = "the server said GOAWAY: \(code)\(text)"
        logger.debug(
            "a server said GOAWAY", metadata: ["peer": "\(authority)", "code": "\(code)"])
    }

    override func broken(by problem: HTTP2SessionError) {
        open.store(false, ordering: .relaxed)
        endReason = endReason ?? "it broke HTTP/2: \(problem)"
    }

    override func handshakeTimedOut() {
        hasTimedOut = true
        endReason = "the server did not begin HTTP/2 in time"
    }

    override func socketFailed(_ error: any Error) {
        open.store(false, ordering: .relaxed)
        endReason = endReason ?? SocketFailure.text(of: error)
    }

    override func willClose() {
        open.store(false, ordering: .relaxed)
    }

    override func connectionClosed() {
        let reason =
            session.lastProblem != nil && !hasTimedOut
            ? "the server does not speak HTTP/2"
            : endReason ?? "the server closed the connection before HTTP/2 began"
        ready.fail(RPCError(.unavailable, "cannot connect to \(authority): \(reason)"))
    }
}
