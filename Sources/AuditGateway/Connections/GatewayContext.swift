import AuditRPC
import Hummingbird
import NIOCore

/// What a request knows besides itself.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Runs what waits for the client; one that takes longer loses the connection, of HTTP/2 the stream.
    func within<Value>(
        _ time: TimeAmount, _ body: () async throws -> Value
    ) async throws -> Value {
        let timeout = channel.eventLoop.scheduleTask(in: time) { [channel] in
            channel.close(promise: nil)
        }
        defer { timeout.cancel() }
        return try await body()
    }

    var maxUploadSize: Int { GatewayLimits.bodyBytesMax }

    /// The client's connection: of HTTP/2 a request has a channel of its own, whose parent is the connection, whose
    /// parent is the listener.
    var connection: any Channel {
        if let parent = channel.parent, parent.parent != nil { parent } else { channel }
    }

    /// What the service is told of the client's address.
    var peerAddress: SocketAddress? { connection.remoteAddress }

    var peerIsLocal: Bool { ForwardedPeer(address: peerAddress).isLocal }
}
