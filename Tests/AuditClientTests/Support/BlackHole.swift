import NIOCore
import NIOPosix

@testable import AuditClient

/// Begins HTTP/2 with whoever connects, and then neither reads an answer nor gives one: what a machine
/// looks like whose cable was pulled.
struct BlackHole {
    let address: ServerAddress
    private let listener: any Channel

    static func listen() async throws -> BlackHole {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                // An empty SETTINGS frame (RFC 9113 §6.5).
                let settings = ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0])
                return channel.eventLoop.makeSucceededVoidFuture().map {
                    channel.eventLoop.execute { channel.writeAndFlush(settings, promise: nil) }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        return BlackHole(address: ServerAddress(host: "127.0.0.1", port: port), listener: listener)
    }

    func close() async throws { try await listener.close() }
}
