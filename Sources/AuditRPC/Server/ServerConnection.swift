import Logging
import NIOCore

/// The server's end of a connection: makes a call of each stream, and drains.
final class ServerConnection: HTTP2Connection {
    /// Calls of which a connection takes a part of the server's number at a time.
    private static let callsGrain = 16

    private let server: ServerContext
    /// Clients call the same method again and again.
    private var lastRoute: Route?
    /// Of the request whose header list is being read.
    @exclusivity(unchecked) var metadata = MetadataGatherer()

    @exclusivity(unchecked) private var inspector: FrameInspector
    private var pingPolicy: PingPolicy
    private var calls: BudgetShare
    private var callsBegun = 0
    /// What the counters of the server have of this connection's.
    private var callsCounted = 0
    private var streamErrorsCounted = 0
    private var streamErrorsPaid = 0
    private var pingsSeen = 0
    /// What messages cost that were inflated since the last read.
    private var inflationDebt = 0

    private enum Phase {
        case serving
        /// The notice is out; new calls still count, because the client may not have read it yet.
        case noticeGiven
        /// The last GOAWAY is out.
        case draining
    }

    private var phase = Phase.serving
    /// Why it ends, once that is known. One line in the log is enough for it.
    private var end: ConnectionEnd?

    init(eventLoop: any EventLoop, server: ServerContext) {
        self.server = server
        let limits = server.limits
        inspector = FrameInspector(
            allowance: FrameAllowance(
                unitsMax: limits.frameUnitsMax, unitsPerSecond: limits.frameUnitsPerSecond,
                now: .now()),
            headerBlockBytesMax: limits.headerListBytesCut,
            continuationsMax: limits.continuationsMax)
        pingPolicy = PingPolicy(
            interval: server.rules.life.pingInterval, earlyMax: server.rules.life.earlyPingsMax)
        calls = BudgetShare(of: server.calls, grain: Self.callsGrain)
        super.init(
            role: .server, eventLoop: eventLoop, rules: server.rules,
            memory: server.memory(of: eventLoop), budget: server.bytes)
    }

    var logger: Logger { server.logger }

    /// What the gate of the server keeps for its next call.
    var memo: (any AnyObject & Sendable)?
    /// In DER, and verified; nil when clients need not show one.
    var peerCertificate: [UInt8]?
    /// For whom somebody in this process speaks; nil when whoever is at the other end speaks for itself.
    private var forwardedPeer: ForwardedPeer?
    private var peerAddress: SocketAddress? {
        if let forwardedPeer { forwardedPeer.address } else { remoteAddress }
    }

    /// The address of the client, as text.
    private(set) lazy var peer = peerAddress?.endpointText ?? "unknown"

    /// The same without a port; `unix` for a Unix socket.
    var peerHost: String { peerAddress.map { $0.ipAddress ?? "unix" } ?? "unknown" }

    /// The client is on this machine, or something here forwards its bytes.
    var peerIsLocal: Bool { peerAddress?.isLoopback ?? false }

    /// Calls of this connection are those of another peer. Comes before the first.
    func forward(_ peer: ForwardedPeer) {
        forwardedPeer = peer
        peerCertificate = peer.certificate
    }

    var isDraining: Bool { phase != .serving }

    func route(_ path: UnsafeRawBufferPointer) -> Route? {
        if let lastRoute, lastRoute.matches(path) { return lastRoute }
        let route = server.routes.find(path)
        if route != nil { lastRoute = route }
        return route
    }

    /// What is wrong with a path that has no route.
    func problem(ofUnknown path: String) -> String {
        server.routes.problem(ofUnknown: path)
    }

    override func openStream() -> HTTP2Stream? {
        guard calls.cover(session.openStreamCount + 1) else {
            server.counters.change { $0.callsRefused += 1 }
            return nil
        }
        callsBegun &+= 1
        return ServerCall(server: self)
    }

    /// A call is over: what the connection has of the server's number goes back.
    func callEnded() {
        _ = calls.cover(session.openStreamCount)
    }

    /// A message was inflated: a little of the peer's became much work of this side's.
    override func inflated(_ bytes: Int, to inflatedBytes: Int) {
        inflationDebt += FrameFlood.cost(ofInflating: bytes, to: inflatedBytes)
    }

    override func complete(_ facts: inout ConnectionLife.Facts) {
        facts.calls = callsBegun
        facts.headerBlock = inspector.isInHeaderBlock ? inspector.headerBlocks : nil
        reportCounts()
    }

    // MARK: What arrives

    override func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2SessionError) {
        if session.streamErrors != streamErrorsPaid { try payForStreamErrors() }
        if inflationDebt > 0 { try payForInflation() }
        var offset = 0
        loop: while true {
            switch inspector.inspect(bytes, from: offset) {
            case .fine: break loop
            case .fault(let fault, let place):
                try session.receive(UnsafeRawBufferPointer(rebasing: bytes[..<place]))
                throw HTTP2SessionError(fault)
            case .overdrawn(let flood, let place, let next):
                if !replenish() {
                    try session.receive(UnsafeRawBufferPointer(rebasing: bytes[..<place]))
                    throw HTTP2SessionError(.flood(flood))
                }
                offset = next
            }
        }
        try session.receive(bytes)
        if inspector.pings != pingsSeen { try judgePings() }
        if inspector.isInHeaderBlock { headerBlockBegan(inspector.headerBlocks) }
    }

    private func replenish() -> Bool {
        inspector.allowance.replenish(at: .now(), answers: session.answersSent)
    }

    /// The client's frames made nghttp2 reset streams: that costs what a reset of the client's costs.
    private func payForStreamErrors() throws(HTTP2SessionError) {
        let errors = session.streamErrors &- streamErrorsPaid
        streamErrorsPaid = session.streamErrors
        if !inspector.allowance.spend(errors * FrameFlood.provokedResets.cost), !replenish() {
            throw HTTP2SessionError(.flood(.provokedResets))
        }
    }

    private func payForInflation() throws(HTTP2SessionError) {
        defer { inflationDebt = 0 }
        if !inspector.allowance.spend(inflationDebt), !replenish() {
            throw HTTP2SessionError(.flood(.inflations))
        }
    }

    private func judgePings() throws(HTTP2SessionError) {
        let count = inspector.pings &- pingsSeen
        pingsSeen = inspector.pings
        let now = NIODeadline.now()
        for _ in 0..<count
        where !pingPolicy.receivePing(at: now, answers: session.answersSent) {
            throw HTTP2SessionError(.pingedTooOften)
        }
    }

    override func endStalledCalls() {
        for case let call as ServerCall in session.openStreams { call.endIfStalled() }
    }

    func endCalls(_ status: (any AnyObject & Sendable) -> RPCStatus?) {
        guard context != nil else { return }
        beginBatch()
        for case let call as ServerCall in session.openStreams {
            if let caller = call.caller, let status = status(caller) { call.revoke(status) }
        }
        endBatch()
    }

    // MARK: Drain

    /// Asks the client to stop; the answer to the PING that goes with it says that it has heard (RFC 9113 §6.8).
    override func drain(for end: ConnectionEnd) {
        guard phase == .serving, context != nil else { return }
        // One that ends already, and lingers for its last words, ends for its own cause.
        self.end = self.end ?? end
        phase = .noticeGiven
        beginBatch()
        session.submitShutdownNotice()
        for case let call as ServerCall in session.openStreams { call.drain() }
        endBatch()
        // Only now, because nghttp2 sends a PING before all that is queued.
        session.submitPing(.notice)
        setNeedsFlush()
        // A peer that does not answer must not hold the drain until its very end.
        eventLoop.assumeIsolated().scheduleTask(in: limits.drainNoticeTime) {
            self.giveLastNotice()
        }
    }

    override func receivedPingAcknowledgement(_ ping: HTTP2Ping) {
        if ping == .notice { giveLastNotice() }
    }

    private func giveLastNotice() {
        guard phase == .noticeGiven, context != nil else { return }
        phase = .draining
        session.submitGoAway(code: .noError, debugText: end?.debugText ?? "")
        setNeedsFlush()
    }

    /// The server's time is up: ends what is left. Who reads gets the last word of each call.
    func shutDown() {
        guard context != nil, !isFinished else { return }
        phase = .draining
        beginBatch()
        for case let call as ServerCall in session.openStreams { call.shutDown() }
        say(.noError, ConnectionEnd.drained.debugText, within: limits.lingerTime)
        endBatch()
    }

    // MARK: Ends

    override func ending(for end: ConnectionEnd) {
        self.end = end
        switch end {
        case .aged:
            for case let call as ServerCall in session.openStreams { call.shutDown() }
        case .handshake:
            logger.info("closed a connection that said nothing", metadata: ["peer": "\(peer)"])
        default:
            logger.notice(
                "closed a connection", metadata: ["peer": "\(peer)", "cause": "\(end.rawValue)"])
        }
    }

    override func broken(by problem: HTTP2SessionError) {
        switch problem.fault {
        case .flood, .pingedTooOften, .headersTooLarge:
            end = .flood
            logger.notice(
                "closed a connection that sent more than an honest client sends",
                metadata: ["peer": "\(peer)", "problem": "\(problem)"])
        case _ where peerSpeaksTLS:
            log(.peerSpeaksTLS)
        case _ where problem.isForeignProtocol:
            end = .foreign
            logger.info(
                "closed a connection that does not speak HTTP/2", metadata: ["peer": "\(peer)"])
        default:
            end = .broken
            logger.notice(
                "closed a connection that broke HTTP/2",
                metadata: ["peer": "\(peer)", "problem": "\(problem)"])
        }
    }

    override func socketFailed(_ error: any Error) {
        let failure = TLSFailure(error, expectedName: "", now: DateText.now)
        if let failure, end == nil, failure != .interrupted || error is TLSFailure {
            log(failure)
        } else {
            // Many clients end a connection without the goodbye of TLS.
            logger.debug("a connection failed", metadata: ["peer": "\(peer)", "error": "\(error)"])
        }
    }

    private func log(_ failure: TLSFailure) {
        end = .foreign
        logger.info(
            "closed a connection that failed in TLS",
            metadata: ["peer": "\(peer)", "problem": "\(failure.text(for: .server))"])
    }

    override func connectionClosed() {
        if session.hasBlamedPeer, end == nil {
            end = .broken
            logger.notice(
                "closed a connection that broke HTTP/2",
                metadata: ["peer": "\(peer)", "problem": "\(session.lastProblem ?? "")"])
        }
        reportCounts()
        let end = end ?? .peer
        server.counters.change { $0.countEnd(end) }
        server.connections.remove(self)
    }

    private func reportCounts() {
        let calls = callsBegun &- callsCounted
        let errors = session.streamErrors &- streamErrorsCounted
        guard calls > 0 || errors > 0 else { return }
        callsCounted = callsBegun
        streamErrorsCounted = session.streamErrors
        server.counters.change {
            $0.calls += calls
            $0.streamErrors += errors
        }
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
