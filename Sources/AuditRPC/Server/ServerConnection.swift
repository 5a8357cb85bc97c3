import Logging
import NIOCore

/// The server's end of a connection: makes a call of each stream, and drains.
final class ServerConnection: HTTP2Connection {
    private let routes: RouteTable
    let logger: Logger
    private let onClose: (ServerConnection) -> Void
    /// Clients call the same method again and again.
    private var lastRoute: Route?

    private enum Phase {
        case serving
        /// The notice is out; new calls still count, because the client may not have read it yet.
        case noticeGiven
        /// The last GOAWAY is out.
        case draining
    }

    private var phase = Phase.serving
    /// One line is enough for a connection that makes no sense.
    private var hasLogged = false

    init(
        eventLoop: any EventLoop, limits: RPCLimits, routes: RouteTable, logger: Logger,
        onClose: @escaping (ServerConnection) -> Void
    ) {
        self.routes = routes
        self.logger = logger
        self.onClose = onClose
        super.init(role: .server, eventLoop: eventLoop, limits: limits)
    }

    private(set) lazy var peer = context?.remoteAddress?.endpointText ?? "unknown"

    var isDraining: Bool { phase != .serving }

    func route(_ path: UnsafeRawBufferPointer) -> Route? {
        if let lastRoute, lastRoute.matches(path) { return lastRoute }
        let route = routes.find(path)
        if route != nil { lastRoute = route }
        return route
    }

    override func openStream() -> HTTP2Stream? {
        ServerCall(server: self)
    }

    // MARK: Drain

    /// Asks the client to stop; the answer to the PING that goes with it says that it has heard (RFC 9113 §6.8).
    func drain() {
        guard phase == .serving, context != nil else { return }
        phase = .noticeGiven
        beginBatch()
        session.submitShutdownNotice()
        for case let call as ServerCall in session.openStreams { call.drain() }
        endBatch()
        // Only now, because nghttp2 sends a PING before all that is queued.
        session.submitPing()
        setNeedsFlush()
        // A peer that does not answer must not hold the drain until its very end.
        eventLoop.assumeIsolated().scheduleTask(in: limits.drainNoticeTime) {
            self.giveLastNotice()
        }
    }

    override func receivedPingAcknowledgement() {
        giveLastNotice()
    }

    private func giveLastNotice() {
        guard phase == .noticeGiven, context != nil else { return }
        phase = .draining
        session.submitGoAway(code: .noError)
        setNeedsFlush()
    }

    /// The time is up: ends what is left.
    func shutDown() {
        guard context != nil else { return }
        phase = .draining
        beginBatch()
        for case let call as ServerCall in session.openStreams { call.shutDown() }
        session.submitGoAway(code: .noError)
        endBatch()
        context?.close(promise: nil)
    }

    // MARK: Trouble

    override func broken(by problem: HTTP2SessionError) {
        hasLogged = true
        if problem.isForeignProtocol {
            logger.info(
                "closed a connection that does not speak HTTP/2", metadata: ["peer": "\(peer)"])
        } else {
            logger.notice(
                "closed a connection that broke HTTP/2",
                metadata: ["peer": "\(peer)", "problem": "\(problem)"])
        }
    }

    override func handshakeTimedOut() {
        hasLogged = true
        logger.info("closed a connection that said nothing", metadata: ["peer": "\(peer)"])
    }

    override func socketFailed(_ error: any Error) {
        logger.debug("a connection failed", metadata: ["peer": "\(peer)", "error": "\(error)"])
    }

    override func connectionClosed() {
        if let problem = session.lastProblem, !hasLogged {
            logger.info(
                "a connection broke HTTP/2",
                metadata: ["peer": "\(peer)", "problem": "\(problem)"])
        }
        onClose(self)
    }
}

extension SocketAddress {
    /// `127.0.0.1:50051`, `[::1]:50051`, or the path of a Unix socket.
    var endpointText: String {
        switch self {
        case .v4: "\(ipAddress ?? "?"):\(port ?? 0)"
        case .v6: "[\(ipAddress ?? "?")]:\(port ?? 0)"
        case .unixDomainSocket: "unix:\(pathname ?? "")"
        }
    }
}
