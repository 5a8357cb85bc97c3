package import NIOCore

/// The client of another server of this process, which makes the client's calls (`RPCServer.connect`).
package struct ForwardedPeer: Sendable {
    /// Nil when it is not known; then it is no address of this machine.
    package var address: SocketAddress?
    /// The certificate that it showed, in DER and verified; nil when it showed none.
    package var certificate: [UInt8]?

    package init(address: SocketAddress?, certificate: [UInt8]? = nil) {
        self.address = address
        self.certificate = certificate
    }
}

extension ForwardedPeer {
    /// It is on this machine.
    package var isLocal: Bool { address?.isLoopback ?? false }
}
