/// What a client encrypts with, and whom it believes. The files are PEM, and read for each connection.
package struct RPCClientTLS: Hashable, Sendable {
    /// The authorities that may have signed the server's certificate; nil for those of the system.
    package var caFile: String?
    /// The certificate that the client shows when it is asked, and what leads to its root.
    package var certificateFile: String?
    /// The private key of that certificate. Either both or none.
    package var keyFile: String?
    /// The name that the server's certificate must have; nil for the host of the address.
    package var serverName: String?

    package init(
        caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        serverName: String? = nil
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
    }
}
