import Logging
import NIOCore

/// Makes a connection of each channel that a client opens.
struct Acceptor: Sendable {
    let server: ServerContext
    /// For the listeners that speak TLS.
    let certificates: ServerCertificates?

    /// On the channel's event loop.
    func accept(_ channel: any Channel, encrypted: Bool) throws {
        let connection = ServerConnection(eventLoop: channel.eventLoop, server: server)
        switch server.connections.insert(connection) {
        case .accepted: break
        case .tooMany:
            server.counters.change { $0.connectionsRefused += 1 }
            server.logger.warning(
                "refused a connection: too many are open",
                metadata: ["limit": "\(server.limits.connectionsMax)"])
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
