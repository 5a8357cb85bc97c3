internal import AuditRPC

/// Where a server listens: `127.0.0.1:50051`, `audit.internal:50051`, `[::1]:50051`, `unix:/run/auditrpc.sock`.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    let address: RPCAddress

    public init(host: String, port: Int) {
        address = .tcp(host: host, port: port)
    }

    /// - Parameter socketPath: of a Unix domain socket.
    public init(socketPath: String) {
        address = .unix(path: socketPath)
    }

    /// A host and a port, an IPv6 address in brackets; or `unix:` and a path. Nil for anything else.
    public init?(_ text: String) {
        guard let address = RPCAddress(text) else { return nil }
        self.address = address
    }

    /// Nil for a Unix socket.
    public var port: Int? { address.port }

    /// What is sent there stays on this machine: a Unix socket, a loopback address, or `localhost`.
    public var isThisMachine: Bool { address.isThisMachine }

    public var description: String { address.description }
}
