import AuditRPC

/// An address that a server listens on: `127.0.0.1:50051`, `[::1]:50051`, `unix:/run/auditrpc.sock`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    let address: RPCAddress

    init(_ address: RPCAddress) { self.address = address }

    /// Port 0 lets the system choose.
    package init(host: String, port: Int) {
        address = .tcp(host: host, port: port)
    }

    /// A host and a port, an IPv6 address in brackets; or `unix:` and a path. Nil for anything else.
    package init?(_ text: String) {
        guard let address = RPCAddress(text) else { return nil }
        self.address = address
    }

    package var isUnixSocket: Bool {
        if case .unix = address { true } else { false }
    }

    /// Of all interfaces of this machine: nothing that a client can connect to.
    package var isWildcard: Bool {
        if case .tcp("0.0.0.0", _) = address { return true }
        if case .tcp("::", _) = address { return true }
        return false
    }

    /// Nil for a Unix socket.
    package var port: Int? { address.port }

    /// The name or address before the port; nil for a Unix socket.
    package var host: String? {
        if case .tcp(let host, _) = address { host } else { nil }
    }

    /// Where a client on this machine finds it.
    package var onThisMachine: ListenAddress {
        switch address {
        case .tcp("0.0.0.0", let port): ListenAddress(host: "127.0.0.1", port: port)
        case .tcp("::", let port): ListenAddress(host: "::1", port: port)
        default: self
        }
    }

    /// What is sent there stays on this machine.
    package var isThisMachine: Bool { address.isThisMachine }

    /// As a client takes it.
    package var description: String { address.description }
}
