package import Logging
package import NIOCore
import NIOPosix
import Synchronization

/// Serves gRPC over HTTP/2 with prior knowledge.
package final class RPCServer: Sendable {
    package struct Configuration: Sendable {
        package var limits = RPCLimits()
        /// Threads that serve connections.
        package var eventLoops: Int

        package init(limits: RPCLimits = RPCLimits(), eventLoops: Int = System.coreCount) {
            self.limits = limits
            self.eventLoops = eventLoops
        }
    }

    /// The address it listens on: where port 0 was asked for, the port that the system chose.
    package let boundAddress: SocketAddress

    private let listener: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let connections: ConnectionRegistry
    private let logger: Logger
    private let drained = Mutex<Task<Void, Never>?>(nil)

    private init(
        listener: any Channel, boundAddress: SocketAddress, group: MultiThreadedEventLoopGroup,
        connections: ConnectionRegistry, logger: Logger
    ) {
        self.listener = listener
        self.boundAddress = boundAddress
        self.group = group
        self.connections = connections
        self.logger = logger
    }

    /// Open connections.
    package var connectionCount: Int { connections.count }

    /// Throws UNAVAILABLE with address and reason when it cannot listen.
    package static func start(
        on address: SocketAddress, router: RPCRouter,
        configuration: Configuration = Configuration(), logger: Logger
    ) async throws(RPCError) -> RPCServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        let connections = ConnectionRegistry(connectionsMax: configuration.limits.connectionsMax)
        let routes = router.table
        let limits = configuration.limits
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try accept(
                        channel, limits: limits, routes: routes, connections: connections,
                        logger: logger)
                }
            }
        do {
            let listener = try await bootstrap.bind(to: address).get()
            return RPCServer(
                listener: listener, boundAddress: listener.localAddress ?? address, group: group,
                connections: connections, logger: logger)
        } catch {
            try? await group.shutdownGracefully()
            throw RPCError(
                .unavailable,
                "cannot listen on \(address.endpointText): \(SocketFailure.text(of: error))",
                cause: error)
        }
    }

    private static func accept(
        _ channel: any Channel, limits: RPCLimits, routes: RouteTable,
        connections: ConnectionRegistry, logger: Logger
    ) throws {
        let connection = ServerConnection(
            eventLoop: channel.eventLoop, limits: limits, routes: routes, logger: logger
        ) { connections.remove($0) }
        guard connections.insert(connection) else {
            logger.warning(
                "refused a connection: too many are open, or the server is closing",
                metadata: ["limit": "\(limits.connectionsMax)"])
            return channel.close(promise: nil)
        }
        try channel.pipeline.syncOperations.addHandler(connection)
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
        try? await listener.close().get()
        connections.startClosing()
        connections.onEach { $0.drain() }
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
            logger.error("the event loops did not stop", metadata: ["error": "\(error)"])
        }
    }
}
