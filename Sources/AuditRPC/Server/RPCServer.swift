package import Logging
package import NIOCore
import NIOPosix

/// Serves gRPC over HTTP/2 with prior knowledge.
package final class RPCServer: Sendable {
    package struct Configuration: Sendable {
        package var limits = RPCLimits()
        /// Threads that serve connections.
        package var eventLoops = System.coreCount
        package init() {}
    }

    /// The address it listens on: with port 0 asked for, the port that the system chose.
    package var boundAddress: SocketAddress { fatalError() }
    /// Open connections.
    package var connectionCount: Int { fatalError() }

    /// Throws UNAVAILABLE with address and reason when it cannot listen.
    package static func start(
        on address: SocketAddress, router: RPCRouter,
        configuration: Configuration = Configuration(), logger: Logger
    ) async throws(RPCError) -> RPCServer { fatalError() }

    /// Accepts nothing new, tells every peer (GOAWAY), lets calls finish for at most `timeout`, then closes
    /// everything. Returns when all is closed. A second call waits for the first.
    package func drain(timeout: TimeAmount) async { fatalError() }
}
