import Glibc
package import Logging
package import NIOCore
import NIOPosix
import Synchronization

/// Serves gRPC over HTTP/2: in plain text with prior knowledge, and in TLS.
package final class RPCServer: Sendable {
    package struct Configuration: Sendable {
        package var limits: RPCLimits
        package var life: RPCConnectionLife
        /// Threads that serve connections.
        package var eventLoops: Int

        package init(
            limits: RPCLimits = RPCLimits(), life: RPCConnectionLife = RPCConnectionLife(),
            eventLoops: Int = System.usableCoreCount
        ) {
            self.limits = limits
            self.life = life
            self.eventLoops = eventLoops
        }
    }

    /// The addresses it listens on: where port 0 was asked for, with the port that the system chose.
    package let boundAddresses: [RPCAddress]

    private let listeners: [Listener]
    private let group: MultiThreadedEventLoopGroup
    private let acceptor: Acceptor
    /// Looks at the files of the certificates now and then.
    private let certificateCheck: Task<Void, Never>?
    private let drained = Mutex<Task<Void, Never>?>(nil)

    private init(
        _ listeners: [Listener], _ acceptor: Acceptor, group: MultiThreadedEventLoopGroup
    ) {
        self.listeners = listeners
        self.group = group
        boundAddresses = listeners.map(\.address)
        self.acceptor = acceptor
        let interval = Duration.nanoseconds(acceptor.server.limits.tlsCheckInterval.nanoseconds)
        let logger = acceptor.server.logger
        certificateCheck = acceptor.certificates.map { certificates in
            Task {
                while (try? await Task.sleep(for: interval)) != nil {
                    await certificates.check(now: DateText.now, logger: logger)
                }
            }
        }
    }

    /// The first of them.
    package var boundAddress: RPCAddress { boundAddresses[0] }

    /// Open connections.
    package var connectionCount: Int { context.connections.count }

    /// What it has counted since it started.
    package var counters: RPCCounters { context.counters.current }

    /// The threads that serve connections. They end with `shutdown`.
    package var eventLoopGroup: any EventLoopGroup { group }

    private var context: ServerContext { acceptor.server }
    var certificates: ServerCertificates? { acceptor.certificates }
    private var connections: ConnectionRegistry { context.connections }

    /// Throws UNAVAILABLE with address and reason when it cannot listen.
    package static func start(
        on listeners: RPCListeners, router: RPCRouter,
        configuration: Configuration = Configuration(), logger: Logger
    ) async throws(RPCError) -> RPCServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        let acceptor = Acceptor(
            server: ServerContext(
                configuration: configuration, routes: router.table, logger: logger),
            certificates: listeners.certificates)
        var open: [Listener] = []
        do {
            for endpoint in listeners.endpoints {
                open.append(
                    try await Listener.open(
                        endpoint, socketMode: listeners.socketMode, on: group, acceptor))
            }
        } catch {
            for listener in open { await listener.close() }
            try? await group.shutdownGracefully()
            throw error
        }
        // Also says what ends soon.
        await listeners.certificates?.check(now: DateText.now, logger: logger)
        return RPCServer(open, acceptor, group: group)
    }

    /// Ends the calls whose caller may not go on with them, soon: `status` says for each caller why; nil leaves the
    /// call alone. Runs on the event loops.
    package func endCalls(
        _ status: @escaping @Sendable (any AnyObject & Sendable) -> RPCStatus?
    ) {
        connections.onEach { $0.endCalls(status) }
    }

    /// A connection to this server from within the process, by which another protocol's server makes the calls of one
    /// of its peers: the server takes the peer for the one who calls, and every rule and limit of a connection holds.
    ///
    /// - Parameter eventLoop: of both ends; one of `eventLoopGroup`.
    /// - Throws: UNAVAILABLE when the server drains or has too many connections.
    package func connect(
        for peer: ForwardedPeer, on eventLoop: any EventLoop
    ) async throws(RPCError) -> RPCClientConnection {
        let (near, far) = try SocketPair.open()
        let acceptor = acceptor
        let accepted = ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try acceptor.accept(channel, encrypted: false, for: peer)
                }
            }
            .withConnectedSocket(far)
        do {
            _ = try await accepted.get()
        } catch {
            close(near)
            throw RPCError(.unavailable, "the server takes no more connections", cause: error)
        }
        return try await RPCClientConnection.adopt(near, on: eventLoop, logger: context.logger)
    }

    /// Reads the files of the certificates now, rather than within seconds.
    package func checkCertificates() async {
        await certificates?.check(now: DateText.now, logger: context.logger)
    }

    /// Accepts nothing new, tells every peer (GOAWAY), lets calls finish for at most `timeout`, then closes every
    /// connection. Returns when all are closed. A second call waits for the first.
    ///
    /// The event loops go on, since other threads may still hold calls and answer them: `shutdown` stops them.
    package func drain(timeout: TimeAmount) async {
        let task = drained.withLock { drained in
            if let drained { return drained }
            let task = Task { await self.runDrain(timeout: timeout) }
            drained = task
            return task
        }
        await task.value
    }

    private func runDrain(timeout: TimeAmount) async {
        certificateCheck?.cancel()
        for listener in listeners { await listener.close() }
        connections.startClosing()
        connections.onEach { $0.drain(for: .drained) }
        let connections = connections
        let timer = group.next().scheduleTask(in: timeout) {
            connections.onEach { $0.shutDown() }
        }
        await connections.waitUntilEmpty()
        timer.cancel()
    }

    /// Stops the event loops, after a drain without patience when there was none. Nobody may use a
    /// `CallReference` of this server from here on: stop first what answers calls.
    package func shutdown() async {
        await drain(timeout: .zero)
        do {
            try await group.shutdownGracefully()
        } catch {
            context.logger.error("the event loops did not stop", metadata: ["error": "\(error)"])
        }
    }
}
