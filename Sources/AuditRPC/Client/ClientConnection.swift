import Logging
import NIOCore
import Synchronization

/// The client's end of a connection, on its event loop.
///
/// @unchecked: made by the task that connects and handed to the event loop before anything happens to it; after that
/// only the loop touches it. Its constants, `isOpen` and `hasPingedTooOften` may be read anywhere.
final class ClientConnection: HTTP2Connection, @unchecked Sendable {
    /// What the peer is called in messages.
    let address: RPCAddress
    private let authority: String
    /// Succeeds with the server's first SETTINGS.
    let ready: EventLoopPromise<Void>
    /// Stands before this handler.
    let greeting = GreetingReader()
    private let logger: Logger
    /// False when no new call can start.
    private let open = Atomic(true)
    private let pingedTooOften = Atomic(false)
    /// Why the connection ended, in words for a status message.
    private var endReason: String?
    private var tlsFailure: TLSFailure?
    private var hasTimedOut = false
    private let scheme: String

    init(
        eventLoop: any EventLoop, limits: RPCLimits, keepalive: RPCKeepalive?,
        address: RPCAddress, isEncrypted: Bool, ready: EventLoopPromise<Void>, logger: Logger
    ) {
        self.address = address
        authority = address.authority
        self.ready = ready
        self.logger = logger
        scheme = isEncrypted ? "https" : "http"
        super.init(
            role: .client, eventLoop: eventLoop,
            rules: ConnectionRules(limits: limits, life: .ofClient(keepalive)), budget: nil)
    }

    var isOpen: Bool { open.load(ordering: .relaxed) }
    var hasPingedTooOften: Bool { pingedTooOften.load(ordering: .relaxed) }

    /// Starts a call; a call that cannot start ends at once.
    func start(_ stream: ClientStream, path: String, options: CallOptions) {
        guard !stream.isComplete else { return }
        guard isOpen, context != nil else { return stream.fail(unavailable(isProcessed: false)) }
        if let timeout = options.timeout, timeout <= .zero {
            return stream.fail(RPCError(.deadlineExceeded, "the call had no time at all"))
        }
        var fields = requestFields(path: path, options: options)
        if let unsendable = fields.append(sendable: options.metadata) {
            return stream.fail(RPCError(.internal, "\(unsendable)"))
        }
        if options.compress { stream.outboundEncoding = .gzip }
        guard session.submitRequest(fields, stream: stream) else {
            return stream.fail(unavailable(isProcessed: false))
        }
        setNeedsFlush()
    }

    private func requestFields(path: String, options: CallOptions) -> HeaderFields {
        var fields = HeaderFields()
        fields.append(":method", "POST")
        fields.append(":scheme", scheme)
        fields.append(":path", path)
        fields.append(":authority", authority)
        if let timeout = options.timeout {
            fields.append("grpc-timeout", GRPCTimeout.format(timeout))
        }
        fields.append("te", "trailers")
        fields.append("content-type", "application/grpc")
        fields.append("user-agent", options.userAgent ?? "auditrpc-swift")
        fields.append("grpc-accept-encoding", MessageEncoding.accepted)
        if options.compress { fields.append("grpc-encoding", "gzip") }
        if options.previousAttempts > 0 {
            fields.append("grpc-previous-rpc-attempts", String(options.previousAttempts))
        }
        return fields
    }

    /// The error of calls that the end of the connection ends; of those that never left it, or that the server
    /// refused unread, when not `isProcessed`.
    func unavailable(isProcessed: Bool) -> RPCError {
        // An error of one stream is no reason for the end of the connection.
        let problem = isBroken || session.hasBlamedPeer ? session.lastProblem : nil
        let reason = endReason ?? problem.map { "it broke HTTP/2: \($0)" }
        return RPCError(
            .unavailable,
            "the connection to \(address) is gone: \(reason ?? "the server closed it")",
            cause: isProcessed ? ClientFailure.connectionLost : ClientFailure.notProcessed)
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
        if code == .enhanceYourCalm, debugText == "too_many_pings" {
            pingedTooOften.store(true, ordering: .relaxed)
        }
        logger.debug(
            "a server said GOAWAY", metadata: ["peer": "\(address)", "code": "\(code)"])
    }

    override func broken(by problem: HTTP2SessionError) {
        open.store(false, ordering: .relaxed)
        endReason = endReason ?? "it broke HTTP/2: \(problem)"
        failReady()
    }

    override func ending(for end: ConnectionEnd) {
        open.store(false, ordering: .relaxed)
        switch end {
        case .handshake: hasTimedOut = true
        case .silent: endReason = "the server did not answer a PING in time"
        default: endReason = "nothing moved for too long"
        }
        failReady()
    }

    override func socketFailed(_ error: any Error) {
        open.store(false, ordering: .relaxed)
        guard endReason == nil else { return }
        endReason = SocketFailure.text(of: error)
        // In TLS 1.3 a server says what it thinks of a client's certificate after the handshake.
        tlsFailure = TLSFailure(error, expectedName: "", now: DateText.now)
    }

    override func willClose() {
        open.store(false, ordering: .relaxed)
    }

    override func connectionClosed() {
        failReady()
    }

    /// Without effect once the server has begun.
    private func failReady() {
        let failure = connectFailure
        ready.fail(
            RPCError(
                .unavailable, "cannot connect to \(address): \(failure.text)", cause: failure))
    }

    /// Why HTTP/2 did not begin.
    private var connectFailure: ConnectFailure {
        if peerSpeaksTLS { return .tls(.peerSpeaksTLS) }
        if let tlsFailure { return .tls(tlsFailure) }
        if let foreign = greeting.foreignProtocol { return .foreign(foreign) }
        if hasTimedOut { return .silent }
        if session.lastProblem != nil { return .foreign(.other("")) }
        return .closed(endReason)
    }
}
