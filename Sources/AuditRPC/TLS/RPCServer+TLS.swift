package import NIOSSL

extension RPCServer {
    /// What the next connection is shown, for another server of this process that speaks TLS; nil for plain text. It
    /// asks for HTTP/2 alone, and may be changed.
    package var tlsConfiguration: TLSConfiguration? { certificates?.identity.configuration }
}
