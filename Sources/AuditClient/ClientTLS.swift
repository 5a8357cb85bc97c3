internal import AuditRPC

/// What a client encrypts with, and whom it believes. The files are PEM, and read for each connection, so that new
/// ones count from the next connection on.
public struct ClientTLS: Hashable, Sendable {
    /// The authorities that may have signed the server's certificate; nil for those of the system.
    public var caFile: String?
    /// The certificate that the client shows when it is asked.
    public var certificateFile: String?
    /// The private key of that certificate. Either both or none.
    public var keyFile: String?
    /// The name that the server's certificate must have; nil for the host of the address.
    public var serverName: String?

    public init(
        caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        serverName: String? = nil
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
    }

    var rpc: RPCClientTLS {
        RPCClientTLS(
            caFile: caFile, certificateFile: certificateFile, keyFile: keyFile,
            serverName: serverName)
    }
}
