import Logging
import NIOCore

/// Makes a connection of each channel that a client opens.
struct Acceptor: Sendable {
    let server: ServerContext
    /// For the listeners that speak TLS.
    let certificates: ServerCertificates?

    /// How much its channels read at a time.
    var reads: AdaptiveRecvByteBufferAllocator {
        let limits = server.limits
        return AdaptiveRecvByteBufferAllocator(
            minimum: limits.firstReadBytes, initial: limits.firstReadBytes,
            maximum: limits.readBytesMax)
    }

    /// On the channel's event loop.
    ///
    /// - Parameter peer: of whom something in this process speaks through the channel; nil for the channel's own.
    func accept(_ channel: any Channel, encrypted: Bool, for peer: ForwardedPeer? = nil) throws {
        let connection = ServerConnection(eventLoop: channel.eventLoop, server: server)
        if let peer { connection.forward(peer) }
        switch server.connections.insert(connection) {
        case .accepted: break
        case .tooMany(let untold):
            server.counters.change { $0.connectionsRefused += 1 }
            if let untold {
                server.logger.warning(
                    "refused connections: too many are open",
                    metadata: [
                        "limit": "\(server.limits.connectionsMax)", "refused": "\(untold)",
                        "peer": "\(channel.remoteAddress?.endpointText ?? "unknown")",
                    ])
            }
            return channel.close(promise: nil)
        case .closing:
            return channel.close(promise: nil)
        }
        server.counters.change { $0.connectionsAccepted += 1 }
        if encrypted, let certificates {
            try TLSHandshake.addToServer(channel, certificates.identity) {
                connection.peerCertificate = $0
            }
        }
        try channel.pipeline.syncOperations.addHandler(connection)
    }
}
