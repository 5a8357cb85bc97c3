import NIOCore
import NIOPosix
import NIOSSL

@testable import AuditRPC

/// The other end of a TLS connection, which offers what the test says.
struct TLSPeer: Sendable {
    private let peer: RawPeer
    private let channel: any Channel

    /// Connects and says nothing of HTTP/2; the handshake goes on meanwhile.
    static func connect(
        to address: RPCAddress, only version: TLSVersion? = nil, protocols: [String] = ["h2"],
        cipherSuites: String? = nil, identity: String? = nil
    ) async throws -> TLSPeer {
        guard case .tcp(let host, let port) = address else { fatalError("not a TCP address") }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(Certificates.path("ca.pem"))
        configuration.applicationProtocols = protocols
        if let version {
            configuration.minimumTLSVersion = version
            configuration.maximumTLSVersion = version
        }
        if let identity {
            configuration.certificateChain =
                try NIOSSLCertificate
                .fromPEMFile(Certificates.path(identity + ".pem")).map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(file: Certificates.path(identity + ".key"), format: .pem))
        }
        if let cipherSuites { configuration.cipherSuites = cipherSuites }
        let context = try NIOSSLContext(configuration: configuration)
        let (peer, channel) = try await RawPeer.connect { initialize in
            try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                        try initialize(channel)
                    }
                }
                .connect(host: host, port: port).get()
        }
        return TLSPeer(peer: peer, channel: channel)
    }

    /// Listens with the certificate of the tests; see `RawPeer.listen`.
    static func listen(
        protocols: [String] = ["h2"], _ serve: @escaping @Sendable (RawPeer) async throws -> Void
    ) async throws -> (RPCAddress, any Channel) {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(Certificates.path("server.pem"))
                .map { .certificate($0) },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(file: Certificates.path("server.key"), format: .pem)))
        configuration.applicationProtocols = protocols
        let context = try NIOSSLContext(configuration: configuration)
        return try await RawPeer.listen(
            prepare: { channel in
                try channel.pipeline.syncOperations.addHandler(
                    NIOSSLServerHandler(context: context))
            }, serve)
    }

    /// What both ends agreed to, when the first frame is there.
    var version: TLSVersion? {
        get async { try? await channel.nioSSL_tlsVersion().get() }
    }

    /// The server's certificate.
    var certificate: NIOSSLCertificate? {
        get async { try? await channel.nioSSL_peerCertificate().get() }
    }

    func send(_ bytes: [UInt8]) async throws { try await peer.send(bytes) }

    /// Sends bytes past TLS.
    func sendUnencrypted(_ bytes: [UInt8]) async throws {
        try await channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
                .writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
        }.get()
    }

    /// Closes below TLS.
    func hangUp() async throws {
        try await channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
                .close(promise: nil)
        }.get()
    }

    func next(where isWanted: (RawFrame) -> Bool) async -> RawFrame? {
        await peer.next(where: isWanted)
    }

    func next(_ kind: RawFrame.Kind) async -> RawFrame? { await peer.next(kind) }

    func close() async { await peer.close() }
}
