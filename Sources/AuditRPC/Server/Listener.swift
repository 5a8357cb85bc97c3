import Glibc
import NIOCore
import NIOPosix

/// A socket that a server listens on.
struct Listener: Sendable {
    /// With the port that the system chose.
    let address: RPCAddress
    private let channel: any Channel
    private let file: UnixSocketFile?

    /// Connections that wait to be accepted; more are refused by the kernel.
    private static let backlog: CInt = 1_024

    /// Throws UNAVAILABLE with address and reason.
    static func open(
        _ endpoint: RPCListeners.Endpoint, socketMode: mode_t, on group: any EventLoopGroup,
        _ acceptor: Acceptor
    ) async throws(RPCError) -> Listener {
        switch endpoint {
        case .tcp(let address): try await open(address, on: group, acceptor)
        case .unix(let path): try await open(path: path, mode: socketMode, on: group, acceptor)
        }
    }

    private static func open(
        _ address: SocketAddress, on group: any EventLoopGroup, _ acceptor: Acceptor
    ) async throws(RPCError) -> Listener {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: acceptor.reads)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try acceptor.accept(channel, encrypted: acceptor.certificates != nil)
                }
            }
        do {
            let channel = try await bootstrap.bind(to: address).get()
            return Listener(
                address: RPCAddress(channel.localAddress ?? address), channel: channel, file: nil)
        } catch {
            throw failure(RPCAddress(address), error)
        }
    }

    private static func open(
        path: String, mode: mode_t, on group: any EventLoopGroup, _ acceptor: Acceptor
    ) async throws(RPCError) -> Listener {
        let (descriptor, file) = try UnixSocketFile.bind(path, mode: mode)
        let bootstrap = ServerBootstrap(group: group)
            .childChannelOption(.recvAllocator, value: acceptor.reads)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try acceptor.accept(channel, encrypted: false)
                }
            }
        do {
            let channel = try await bootstrap.withBoundSocket(descriptor).get()
            // NIO listens to what is bound already with a short queue of its own.
            listen(descriptor, backlog)
            return Listener(address: .unix(path: path), channel: channel, file: file)
        } catch {
            file.remove()
            throw failure(.unix(path: path), error)
        }
    }

    private static func failure(_ address: RPCAddress, _ error: any Error) -> RPCError {
        RPCError(
            .unavailable, "cannot listen on \(address): \(SocketFailure.text(of: error))",
            cause: error)
    }

    /// Accepts nothing new, and takes the file of a Unix socket away.
    func close() async {
        try? await channel.close().get()
        file?.remove()
    }
}
