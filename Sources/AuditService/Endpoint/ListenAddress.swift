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

    /// As a client takes it.
    package var description: String { address.description }
}
