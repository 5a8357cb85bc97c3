import NIOCore
import NIOSSL

/// The names and addresses that a certificate is for: its subject alternative names.
struct CertificateNames: Hashable, Sendable {
    var names: [String]
    var addresses: [String] = []

    init(names: [String], addresses: [String] = []) {
        self.names = names
        self.addresses = addresses
    }

    init(_ certificate: NIOSSLCertificate) {
        names = []
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName:
                names.append(Self.printable(name.contents))
            case .ipAddress:
                let packed = ByteBuffer(bytes: name.contents)
                let address = try? SocketAddress(packedIPAddress: packed, port: 0)
                addresses.append(address?.ipAddress ?? "?")
            default: break
            }
        }
    }

    /// Whether one of the names is `host` (RFC 9525 §6.3). NIOSSL takes a certificate for the peer's address too,
    /// whatever the name: a forged answer of the name service would be enough to pass for any server.
    func contain(_ host: String) -> Bool {
        let host = Self.normal(host)
        return names.contains { Self.matches(Self.normal($0), host) }
    }

    /// A wildcard stands for one whole label, the first.
    private static func matches(_ name: Substring, _ host: Substring) -> Bool {
        guard name.hasPrefix("*.") else { return name == host }
        guard let dot = host.firstIndex(of: "."), dot > host.startIndex else { return false }
        return name.dropFirst() == host[dot...]
    }

    private static func normal(_ name: String) -> Substring {
        let name = name.lowercased()
        return name.hasSuffix(".") ? name.dropLast() : name[...]
    }

    /// What a stranger wrote may hold anything.
    private static func printable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { (0x21...0x7e).contains($0) ? $0 : 0x3f }, as: UTF8.self)
    }

    /// The first few.
    var text: String {
        let all = names + addresses
        guard !all.isEmpty else { return "no name (its subjectAltName is empty)" }
        let shown = all.prefix(Self.shownMax).joined(separator: ", ")
        return all.count > Self.shownMax ? "\(shown) and others" : shown
    }

    /// A certificate may have hundreds of names; a message has room for a few.
    private static let shownMax = 5
}
