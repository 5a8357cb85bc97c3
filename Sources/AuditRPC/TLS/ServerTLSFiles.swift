import NIOSSL

/// What the files of a server's TLS held when they were read.
struct ServerTLSFiles: Hashable, Sendable {
    let names: RPCServerTLS
    let certificate: FileContents
    let key: FileContents
    let clientCA: FileContents?

    init(reading names: RPCServerTLS, limits: RPCLimits) {
        let bytesMax = limits.tlsFileBytesMax
        self.names = names
        certificate = .read(names.certificateFile, bytesMax: bytesMax)
        key = .read(names.keyFile, bytesMax: bytesMax)
        clientCA = names.clientCAFile.map { .read($0, bytesMax: bytesMax) }
    }

    /// Throws INVALID_ARGUMENT that names the file and what is wrong with it.
    func identity(limits: RPCLimits) throws(RPCError) -> ServerIdentity {
        let chain = try PEM.certificates(
            certificate, of: "the certificate file", at: names.certificateFile)
        let key = try PEM.privateKey(key, at: names.keyFile)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.restrictToHTTP2(limits)
        var expirations = [Expiration(of: chain, in: names.certificateFile)]
        if let clientCA, let path = names.clientCAFile {
            let authorities = try PEM.certificates(
                clientCA, of: "the client CA file", at: path)
            configuration.trustRoots = .certificates(authorities)
            // Whose address a client has says nothing about who it is.
            configuration.certificateVerification = .noHostnameVerification
            expirations.append(Expiration(of: authorities, in: path))
        }
        do {
            return ServerIdentity(
                configuration: configuration,
                context: try NIOSSLContext(configuration: configuration),
                verifiesClients: clientCA != nil,
                expiration: expirations.min { $0.seconds < $1.seconds }!)
        } catch {
            throw RPCError(
                .invalidArgument,
                "the key in \(names.keyFile) is not that of the first certificate in "
                    + names.certificateFile, cause: error)
        }
    }
}

/// What a server shows to those who connect.
struct ServerIdentity: Sendable {
    let configuration: TLSConfiguration
    let context: NIOSSLContext
    /// Clients must show a certificate, and it is checked.
    let verifiesClients: Bool
    let expiration: Expiration
}

/// When the first certificate of a file ends.
struct Expiration: Hashable, Sendable {
    /// Since 1970.
    let seconds: Int
    let file: String

    init(seconds: Int, file: String) {
        self.seconds = seconds
        self.file = file
    }

    fileprivate init(of certificates: [NIOSSLCertificate], in file: String) {
        self.init(seconds: certificates.map(\.notValidAfter).min() ?? .max, file: file)
    }
}
