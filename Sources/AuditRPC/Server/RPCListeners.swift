package import Glibc
import NIOCore

/// Where a server shall listen, resolved and allowed: all that can be found wrong before the first socket opens.
///
/// A server speaks TLS on each of its TCP addresses or on none. A Unix socket needs none: its file's mode says who may
/// connect, and what goes through it stays in the kernel.
package struct RPCListeners: Sendable {
    enum Endpoint: Sendable {
        case tcp(SocketAddress)
        case unix(path: String)

        var address: RPCAddress {
            switch self {
            case .tcp(let address): RPCAddress(address)
            case .unix(let path): .unix(path: path)
            }
        }
    }

    let endpoints: [Endpoint]
    /// Nil for plain text.
    let certificates: ServerCertificates?
    let socketMode: mode_t

    /// - Parameters:
    ///   - tls: nil for plain text.
    ///   - allowsPlainText: also where others could read it. Without, plain text is for loopback addresses alone.
    ///   - socketMode: of the files of Unix sockets.
    /// - Throws: INVALID_ARGUMENT for a name that is not known and for files that cannot be used, FAILED_PRECONDITION
    ///   for plain text that is not allowed.
    package init(
        _ addresses: [RPCAddress], tls: RPCServerTLS? = nil, allowsPlainText: Bool = false,
        socketMode: mode_t = 0o600, limits: RPCLimits = RPCLimits()
    ) throws(RPCError) {
        var endpoints: [Endpoint] = []
        for address in addresses {
            let endpoint = try Self.endpoint(address)
            if case .tcp(let resolved) = endpoint, tls == nil, !allowsPlainText,
                !resolved.isLoopback
            {
                throw RPCError(
                    .failedPrecondition,
                    "\(address) is open to other machines, and plain text would show them all")
            }
            endpoints.append(endpoint)
        }
        self.endpoints = endpoints
        if let tls {
            certificates = try ServerCertificates(tls, limits: limits)
        } else {
            certificates = nil
        }
        self.socketMode = socketMode
    }

    private static func endpoint(_ address: RPCAddress) throws(RPCError) -> Endpoint {
        switch address {
        case .unix(let path):
            return .unix(path: path)
        case .tcp(let host, let port):
            do {
                return .tcp(try .makeAddressResolvingHost(host, port: port))
            } catch {
                throw RPCError(
                    .invalidArgument, "\(host) is neither an address nor a name that is known here",
                    cause: error)
            }
        }
    }
}
