import NIOCore
import NIOSSL

/// What a client encrypts one connection with.
struct ClientIdentity: Sendable {
    let context: NIOSSLContext
    /// The name that the server's certificate must have; nil where it must have the address instead.
    let serverName: String?
    /// Name or address, for messages.
    let expectedName: String

    /// Throws INVALID_ARGUMENT for files that cannot be used.
    init(_ tls: RPCClientTLS, host: String, limits: RPCLimits) throws(RPCError) {
        let bytesMax = limits.tlsFileBytesMax
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.restrictToHTTP2(limits)
        if let path = tls.caFile {
            let authorities = try PEM.certificates(
                .read(path, bytesMax: bytesMax), of: "the CA file", at: path)
            configuration.trustRoots = .certificates(authorities)
        }
        switch (tls.certificateFile, tls.keyFile) {
        case (nil, nil): break
        case (let certificate?, let key?):
            let chain = try PEM.certificates(
                .read(certificate, bytesMax: bytesMax), of: "the certificate file", at: certificate)
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try PEM.privateKey(.read(key, bytesMax: bytesMax), at: key))
        default:
            throw RPCError(
                .invalidArgument, "a client certificate needs its key, and a key its certificate"
            )
        }
        expectedName = tls.serverName ?? host
        serverName = Self.isAddress(expectedName) ? nil : expectedName
        if let name = tls.serverName, serverName == nil {
            throw RPCError(.invalidArgument, "\(name) is an address, not the name of a server")
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw RPCError(
                .invalidArgument,
                "the key in \(tls.keyFile ?? "") is not that of the first certificate in "
                    + (tls.certificateFile ?? ""), cause: error)
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        (try? SocketAddress(ipAddress: text, port: 0)) != nil
    }
}
