/// The PEM files that a server encrypts with. They are read again when they change.
package struct RPCServerTLS: Hashable, Sendable {
    /// The server's certificate, then those that lead to its root, in this order.
    package var certificateFile: String
    /// The private key of the first certificate, without a passphrase.
    package var keyFile: String
    /// The authorities whose certificates clients must show; nil asks for none.
    package var clientCAFile: String?

    package init(certificateFile: String, keyFile: String, clientCAFile: String? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.clientCAFile = clientCAFile
    }
}
