package import NIOCore

/// Where a server listens and a client connects to: `127.0.0.1:50051`, `[::1]:50051`, `unix:/run/auditrpc.sock`.
package enum RPCAddress: Hashable, Sendable {
    /// A name or an address, without brackets. A server that listens on port 0 lets the system choose.
    case tcp(host: String, port: Int)
    /// The path of a Unix domain socket.
    case unix(path: String)

    /// A host and a port, an IPv6 address in brackets; or `unix:` and a path, as gRPC names it (`unix:///path` too).
    /// Nil for anything else.
    package init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        if text.hasPrefix("unix:") {
            var path = text.dropFirst("unix:".count)
            if path.hasPrefix("//") {
                path = path.dropFirst(2)
                guard path.hasPrefix("/") else { return nil }
            }
            guard !path.isEmpty else { return nil }
            // The system takes several slashes for one, and two are how the long form begins.
            while path.hasPrefix("//") { path.removeFirst() }
            self = .unix(path: String(path))
        } else {
            guard let address = Self.tcp(text) else { return nil }
            self = address
        }
    }

    private static func tcp(_ text: String) -> RPCAddress? {
        let host: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard host.contains(":") else { return nil }
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let port = Int(digits), (0...65_535).contains(port)
        else { return nil }
        return .tcp(host: String(host), port: port)
    }

    package init(_ address: SocketAddress) {
        if let host = address.ipAddress, let port = address.port {
            self = .tcp(host: host, port: port)
        } else {
            self = .unix(path: address.pathname ?? "")
        }
    }

    /// Nil for a Unix socket.
    package var port: Int? {
        guard case .tcp(_, let port) = self else { return nil }
        return port
    }

    /// What `:authority` says: host and port, or `localhost` for a socket of this machine.
    package var authority: String {
        switch self {
        case .tcp: description
        case .unix: "localhost"
        }
    }

    /// Nothing that is sent there leaves this machine: a Unix socket, a loopback address, or the name `localhost`.
    package var isThisMachine: Bool {
        switch self {
        case .unix:
            return true
        case .tcp(let host, let port):
            if let address = try? SocketAddress(ipAddress: host, port: port) {
                return address.isLoopback
            }
            let name = host.lowercased()
            return name == "localhost" || name.hasSuffix(".localhost")
        }
    }
}

extension RPCAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension SocketAddress {
    /// 127.0.0.0/8 and ::1, also as an IPv4 address within IPv6.
    var isLoopback: Bool {
        // The system's own text of an address has one form only.
        guard let text = ipAddress else { return true }
        return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
    }
}
