package import Logging
package import NIOCore
import NIOPosix
import Synchronization

/// One HTTP/2 connection to a gRPC server, for any number of calls at once. It does not reconnect: after GOAWAY or a
/// loss, make another one. Dropping the last reference closes it.
package final class RPCClientConnection: Sendable {
    package struct Configuration: Sendable {
        package var limits: RPCLimits
        /// From the start of an attempt to the server's first SETTINGS; each address of a name is an attempt.
        package var connectTimeout: TimeAmount
        /// Nil asks nothing: a server may end the connection of a client that asks more often than it likes (A8), and
        /// many allow one PING in five minutes.
        package var keepalive: RPCKeepalive?
        /// Nil for plain text. A Unix socket never needs it.
        package var tls: RPCClientTLS?

        package init(
            limits: RPCLimits = RPCLimits(), connectTimeout: TimeAmount = .seconds(10),
            keepalive: RPCKeepalive? = nil, tls: RPCClientTLS? = nil
        ) {
            self.limits = limits
            self.connectTimeout = connectTimeout
            self.keepalive = keepalive
            self.tls = tls
        }
    }

    private let channel: any Channel
    private let connection: ClientConnection
    /// What tasks want done on the loop. Many tasks that call at once wake it once.
    private let mailbox = Mutex<[@Sendable (ClientConnection) -> Void]>([])

    private init(channel: any Channel, connection: ClientConnection) {
        self.channel = channel
        self.connection = connection
    }

    deinit {
        channel.close(promise: nil)
    }

    /// False after a loss, GOAWAY or `close`: new calls end with UNAVAILABLE.
    package var isOpen: Bool { connection.isOpen }

    /// The server ended the connection for its keepalive: the next one should ask half as often (A8).
    package var hasPingedTooOften: Bool { connection.hasPingedTooOften }

    /// A name is resolved, and its addresses are tried until one answers.
    ///
    /// - Throws: UNAVAILABLE that names address and reason, with a `ConnectFailure` as its cause; FAILED_PRECONDITION
    ///   for files of TLS that cannot be used.
    package static func connect(
        to address: RPCAddress, on group: any EventLoopGroup,
        configuration: Configuration = Configuration(), logger: Logger
    ) async throws(RPCError) -> RPCClientConnection {
        try await connect(to: address, on: group, configuration: configuration, logger: logger) {
            Self.open(address, with: $0)
        }
    }

    static func connect(
        to address: RPCAddress, on group: any EventLoopGroup, configuration: Configuration,
        logger: Logger, _ open: (ClientBootstrap) -> EventLoopFuture<any Channel>
    ) async throws(RPCError) -> RPCClientConnection {
        let identity = try identity(for: address, configuration)
        let loop = group.next()
        var limits = configuration.limits
        limits.handshakeTime = configuration.connectTimeout
        // A name may have several addresses, and each attempt has a channel of its own.
        let attempts = ConnectionAttempts()
        let attemptLimits = limits
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = ClientConnection(
                        eventLoop: loop, limits: attemptLimits,
                        keepalive: configuration.keepalive, address: address,
                        isEncrypted: identity != nil, ready: loop.makePromise(), logger: logger)
                    attempts.add(connection, of: channel)
                    if let identity { try TLSHandshake.addToClient(channel, identity) }
                    try channel.pipeline.syncOperations.addHandlers(
                        connection.greeting, connection)
                }
            }
        do {
            let channel = try await open(bootstrap).get()
            guard let connection = attempts.connection(of: channel) else {
                throw RPCError(.internal, "a channel connected that nobody has made")
            }
            try await connection.ready.futureResult.get()
            return RPCClientConnection(channel: channel, connection: connection)
        } catch let error as RPCError {
            throw error
        } catch {
            let failure = SocketFailure.connectFailure(of: error)
            throw RPCError(
                .unavailable, "cannot connect to \(address): \(failure.text)", cause: failure)
        }
    }

    /// The client's end of a connected socket, whose other end is a server of this process.
    static func adopt(
        _ socket: NIOBSDSocket.Handle, on eventLoop: any EventLoop, logger: Logger
    ) async throws(RPCError) -> RPCClientConnection {
        var configuration = Configuration()
        // What one side keeps for a slow client the other need not keep as well.
        configuration.limits.streamWindowBytes = 64 << 10
        configuration.limits.inboundHighWatermarkBytes = 16 << 10
        return try await connect(
            to: .unix(path: "(inside)"), on: eventLoop, configuration: configuration,
            logger: logger
        ) { $0.withConnectedSocket(socket) }
    }

    private static func identity(
        for address: RPCAddress, _ configuration: Configuration
    ) throws(RPCError) -> ClientIdentity? {
        guard let tls = configuration.tls, case .tcp(let host, _) = address else { return nil }
        return try ClientIdentity(tls, host: host, limits: configuration.limits)
    }

    private static func open(
        _ address: RPCAddress, with bootstrap: ClientBootstrap
    ) -> EventLoopFuture<any Channel> {
        switch address {
        case .tcp(let host, let port):
            bootstrap.channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: port)
        case .unix(let path):
            bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// One request, one response. Cancelling the task resets the call. Throws the call's status.
    package func unary(
        _ path: String, _ message: [UInt8], options: CallOptions = CallOptions()
    ) async throws(RPCError) -> [UInt8] {
        try await unaryResponse(path, message, options: options).message
    }

    /// As `unary`, with all that the server says about its answer.
    package func unaryResponse(
        _ path: String, _ message: [UInt8], options: CallOptions = CallOptions()
    ) async throws(RPCError) -> RPCResponse {
        let response = UnaryResponse()
        let stream = ClientStream(client: connection, sink: response)
        let deadline = Self.deadline(options)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                response.wait(with: continuation)
                perform { connection in
                    connection.start(stream, path: path, options: options)
                    stream.sendOnly(message)
                    if let deadline { stream.startTimer(at: deadline) }
                }
            }
        } onCancel: {
            perform { _ in stream.fail(RPCError(.cancelled, "the task was cancelled")) }
        }
        return try result.get()
    }

    /// Starts a call of any kind.
    package func call(_ path: String, options: CallOptions = CallOptions()) -> ClientCall {
        let limits = connection.limits
        let pipes = CallPipes(
            inbound: InboundPipe(highWatermarkBytes: limits.inboundHighWatermarkBytes),
            outbound: OutboundPipe(highWatermarkBytes: limits.outboundHighWatermarkBytes))
        let stream = ClientStream(client: connection, sink: pipes)
        let deadline = Self.deadline(options)
        perform { connection in
            connection.start(stream, path: path, options: options)
            if let deadline { stream.startTimer(at: deadline) }
        }
        return ClientCall(connection: self, stream: stream, pipes: pipes)
    }

    private static func deadline(_ options: CallOptions) -> NIODeadline? {
        // Timeouts of years need no timer, and must not overflow the clock.
        guard let timeout = options.timeout, timeout < .hours(24 * 365) else { return nil }
        return .now() + timeout
    }

    /// Ends open calls with UNAVAILABLE, says GOAWAY, closes. Returns when it is closed.
    package func close() async {
        perform { $0.shutDown() }
        try? await channel.closeFuture.get()
    }

    /// Runs `work` on the event loop, after all that was asked for before; one flush follows.
    func perform(_ work: @escaping @Sendable (ClientConnection) -> Void) {
        let mustWake = mailbox.withLock { mailbox in
            mailbox.append(work)
            return mailbox.count == 1
        }
        guard mustWake else { return }
        connection.eventLoop.execute {
            let work = self.mailbox.withLock { mailbox in
                defer { mailbox = [] }
                return mailbox
            }
            self.connection.beginBatch()
            for work in work { work(self.connection) }
            self.connection.endBatch()
        }
    }
}

/// The connections that one `connect` tries, by their channels.
private final class ConnectionAttempts: Sendable {
    private let connections = Mutex<[ObjectIdentifier: ClientConnection]>([:])

    func add(_ connection: ClientConnection, of channel: any Channel) {
        connections.withLock { $0[ObjectIdentifier(channel)] = connection }
    }

    func connection(of channel: any Channel) -> ClientConnection? {
        connections.withLock { $0[ObjectIdentifier(channel)] }
    }
}
