import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import AuditRPC

/// Both ends in TLS, as they should be and as they should not.
@Suite struct TLSTests {
    /// A server that ends with the test.
    private func withServer<Result>(
        _ tls: RPCServerTLS? = Certificates.server(), router: RPCRouter = .echo,
        log: RecordingLog = RecordingLog(), limits: RPCLimits = RPCLimits(),
        _ body: (RPCServer) async throws -> Result
    ) async throws -> Result {
        let server = try await TestServer.start(
            router, tls: tls, limits: limits, logger: log.logger)
        do {
            let result = try await body(server)
            await server.shutdown()
            return result
        } catch {
            await server.shutdown()
            throw error
        }
    }

    private func connect(
        to address: RPCAddress, _ tls: RPCClientTLS?
    ) async throws -> RPCClientConnection {
        try await RPCClientConnection.connect(
            to: address, on: MultiThreadedEventLoopGroup.singleton,
            configuration: .init(connectTimeout: .seconds(60), tls: tls), logger: TestServer.quiet)
    }

    /// What a client is told that cannot connect, and what the server's log says of it.
    private func failure(
        of tls: RPCClientTLS?, at server: RPCServerTLS? = Certificates.server(),
        named host: String = "127.0.0.1"
    ) async throws -> (client: RPCError?, server: [String]) {
        let log = RecordingLog()
        let error = try await withServer(server, log: log) { server in
            let address = RPCAddress.tcp(host: host, port: server.boundAddress.port!)
            let error = await AuditRPCTests.failure { _ = try await connect(to: address, tls) }
            // The server's line comes before the end of the connection, but not before the client's error.
            while server.connectionCount > 0 { await Task.yield() }
            return error
        }
        return (error, log.lines.filter { $0.contains("peer") })
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func aCallGoesThrough(host: String) async throws {
        try await withServer { server in
            let address = RPCAddress.tcp(host: host, port: server.boundAddress.port!)
            let client = try await connect(to: address, Certificates.client())
            #expect(try await client.unary("/test.Echo/Loop", [1, 2]) == [1, 2])
            let large = [UInt8](repeating: 7, count: 3 << 20)
            #expect(try await client.unary("/test.Echo/Loop", large) == large)
            await client.close()
        }
    }

    @Test func theSchemeIsHTTPS() async throws {
        let head = Event<RawFrame>()
        let (address, listener) = try await TLSPeer.listen { peer in
            try await peer.send(RawFrame(.settings))
            if let frame = await peer.next(.headers) { head.happen(frame) }
        }
        let client = try await connect(to: address, Certificates.client())
        let call = client.call("/test/Any")
        let fields = try await head.next().fields
        #expect(fields[":scheme"] == "https")
        #expect(fields[":authority"] == address.description)
        call.cancel()
        await client.close()
        try await listener.close()
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func bothVersionsAreTaken(version: TLSVersion) async throws {
        try await withServer { server in
            let peer = try await TLSPeer.connect(to: server.boundAddress, only: version)
            #expect(await peer.next(.settings) != nil)
            #expect(await peer.version == version)
            await peer.close()
        }
    }

    @Test func anOlderVersionIsNot() async throws {
        let log = RecordingLog()
        try await withServer(log: log) { server in
            let peer = try await TLSPeer.connect(to: server.boundAddress, only: .tlsv11)
            #expect(await peer.next(.settings) == nil)
        }
        #expect(log.lines.count { $0.contains("takes neither TLS 1.2 nor 1.3") } == 1)
    }

    /// RFC 9113 §9.2.2 and appendix A.
    @Test(arguments: ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"])
    func theSuitesThatHTTP2ForbidsAreNotTaken(suite: String) async throws {
        let log = RecordingLog()
        try await withServer(log: log) { server in
            let peer = try await TLSPeer.connect(
                to: server.boundAddress, only: .tlsv12, cipherSuites: suite)
            #expect(await peer.next(.settings) == nil)
        }
        #expect(log.lines.count { $0.contains("none of this end's cipher suites") } == 1)
    }

    @Test(arguments: [[], ["http/1.1"], ["h2c", "spdy/3"]])
    func aClientThatDoesNotOfferHTTP2IsClosed(protocols: [String]) async throws {
        let log = RecordingLog()
        try await withServer(log: log) { server in
            let peer = try await TLSPeer.connect(to: server.boundAddress, protocols: protocols)
            try? await peer.send(RawPeer.preface + RawFrame(.settings).bytes)
            #expect(await peer.next { _ in true } == nil)
        }
        #expect(log.lines.count { $0.contains("ALPN h2") } == 1)
    }

    @Test func aServerThatDoesNotAgreeToHTTP2IsLeft() async throws {
        let (address, listener) = try await TLSPeer.listen(protocols: ["http/1.1"]) { _ in }
        let error = await AuditRPCTests.failure {
            _ = try await connect(to: address, Certificates.client())
        }
        #expect(error?.code == .unavailable)
        #expect(error?.cause as? ConnectFailure == .tls(.noHTTP2))
        try await listener.close()
    }

    @Test func aPlainClientOfATLSServerIsClosedAndLoggedOnce() async throws {
        let log = RecordingLog()
        try await withServer(log: log) { server in
            let peer = try await RawPeer.connect(to: server.boundAddress)
            #expect(await peer.next { _ in true } == nil)
        }
        let lines = log.lines.filter { $0.contains("peer") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("plain text") == true)
    }

    @Test func recordsThatAreForgedAfterTheHandshakeEndTheConnectionAndAreLoggedOnce() async throws
    {
        let log = RecordingLog()
        try await withServer(log: log) { server in
            let peer = try await TLSPeer.connect(to: server.boundAddress)
            #expect(await peer.next(.settings) != nil)
            try await peer.sendUnencrypted([0x17, 3, 3, 0, 32] + [UInt8](repeating: 7, count: 32))
            #expect(await peer.next { _ in false } == nil)
        }
        #expect(log.lines.count { $0.contains("failed in TLS") } == 1)
    }

    @Test func anEndWithoutGoodbyeIsNotWorthALine() async throws {
        let log = RecordingLog()
        try await withServer(log: log) { server in
            let peer = try await TLSPeer.connect(to: server.boundAddress)
            #expect(await peer.next(.settings) != nil)
            try await peer.hangUp()
            while server.connectionCount > 0 { await Task.yield() }
        }
        #expect(log.lines.isEmpty)
    }

    @Test func aClientThatNeverSaysHelloIsClosed() async throws {
        var limits = RPCLimits()
        limits.handshakeTime = .milliseconds(50)
        try await withServer(limits: limits) { server in
            let peer = try await RawPeer.connect(to: server.boundAddress, sayingHello: false)
            #expect(await peer.next { _ in true } == nil)
        }
    }

    @Test func aServerDrainsWhileAHandshakeIsOpen() async throws {
        try await withServer { server in
            let peer = try await RawPeer.connect(to: server.boundAddress, sayingHello: false)
            // The first bytes of a ClientHello, and nothing more.
            try await peer.send([0x16, 0x03, 0x01])
            while server.connectionCount == 0 { await Task.yield() }
            await server.drain(timeout: .zero)
            #expect(server.connectionCount == 0)
            await peer.close()
        }
    }

    @Test func theNextConnectionOfAFullServerIsRefusedInTLSToo() async throws {
        var limits = RPCLimits()
        limits.connectionsMax = 1
        try await withServer(limits: limits) { server in
            let client = try await connect(to: server.boundAddress, Certificates.client())
            let error = await AuditRPCTests.failure {
                _ = try await connect(to: server.boundAddress, Certificates.client())
            }
            #expect(error?.code == .unavailable)
            await client.close()
        }
    }

    // MARK: What a client is told

    @Test func anUnknownAuthority() async throws {
        let (error, log) = try await failure(of: Certificates.client(ca: "other-ca"))
        #expect(error?.cause as? ConnectFailure == .tls(.unknownAuthority))
        #expect(error?.message.contains("signed by an unknown authority") == true)
        #expect(log.count == 1)
        #expect(log.first?.contains("does not know the authority of this server's") == true)
    }

    @Test func aCertificateThatHasExpired() async throws {
        let (error, _) = try await failure(
            of: Certificates.client(), at: Certificates.server("expired"))
        #expect(
            error?.message.contains("the server's certificate expired at 2024-01-02T00:00:00Z")
                == true)
    }

    @Test func aCertificateOfTheFuture() async throws {
        let (error, _) = try await failure(
            of: Certificates.client(), at: Certificates.server("early"))
        #expect(error?.message.contains("valid from 2123-12-31T00:00:00Z") == true)
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func aCertificateForOtherNames(host: String) async throws {
        let (error, _) = try await failure(
            of: Certificates.client(), at: Certificates.server("elsewhere"), named: host)
        #expect(
            error?.cause as? ConnectFailure
                == .tls(.wrongName(expected: host, names: "audit.example")))
        #expect(error?.message.contains("is not for \(host), but for audit.example") == true)
    }

    /// NIOSSL would take it: who forges an answer of the name service would pass for any server.
    @Test func aCertificateForTheAddressIsNoneForAName() async throws {
        var tls = Certificates.client()
        tls.serverName = "audit.example"
        let (error, _) = try await failure(of: tls)
        #expect(
            error?.cause as? ConnectFailure
                == .tls(.wrongName(expected: "audit.example", names: "localhost, 127.0.0.1, ::1")))
    }

    @Test func theNameCanBeGiven() async throws {
        try await withServer(Certificates.server("elsewhere")) { server in
            var tls = Certificates.client()
            tls.serverName = "audit.example"
            let client = try await connect(to: server.boundAddress, tls)
            #expect(try await client.unary("/test.Echo/Loop", [1]) == [1])
            await client.close()
        }
    }

    @Test func plainTextToATLSServer() async throws {
        let (error, _) = try await failure(of: nil)
        #expect(error?.code == .unavailable)
        #expect(error?.cause as? ConnectFailure == .tls(.peerSpeaksTLS))
    }

    @Test func tlsToAPlainServer() async throws {
        let (error, log) = try await failure(of: Certificates.client(), at: nil)
        #expect(error?.cause as? ConnectFailure == .tls(.peerSpeaksPlainText))
        #expect(log.count == 1)
        #expect(log.first?.contains("the client speaks TLS") == true)
    }

    // MARK: Client certificates

    @Test func aClientCertificateIsCheckedAndReachesTheCall() async throws {
        var router = RPCRouter()
        router.addUnary("/test/Who") { _, context in context.peerCertificate ?? [] }
        try await withServer(Certificates.server(clientCA: "ca"), router: router) { server in
            let client = try await connect(
                to: server.boundAddress, Certificates.client(identity: "client"))
            let shown = try NIOSSLCertificate.fromPEMFile(Certificates.path("client.pem"))
            #expect(try await client.unary("/test/Who", []) == shown[0].toDERBytes())
            await client.close()
        }
    }

    @Test func withoutAClientAuthorityThereIsNoCertificate() async throws {
        var router = RPCRouter()
        router.addUnary("/test/Who") { _, context in context.peerCertificate ?? [] }
        try await withServer(router: router) { server in
            let client = try await connect(
                to: server.boundAddress, Certificates.client(identity: "client"))
            #expect(try await client.unary("/test/Who", []) == [])
            await client.close()
        }
    }

    @Test func aMissingClientCertificate() async throws {
        let (error, log) = try await failure(
            of: Certificates.client(), at: Certificates.server(clientCA: "ca"))
        #expect(error?.cause as? ConnectFailure == .tls(.certificateMissing))
        #expect(error?.message.contains("asks for a client certificate") == true)
        #expect(log.count == 1)
        #expect(log.first?.contains("showed no certificate") == true)
    }

    @Test func aClientCertificateOfAnotherAuthority() async throws {
        let (error, log) = try await failure(
            of: Certificates.client(identity: "stranger"),
            at: Certificates.server(clientCA: "ca"))
        #expect(error?.cause as? ConnectFailure == .tls(.certificateRefused(.unknownAuthority)))
        #expect(log.count == 1)
        #expect(log.first?.contains("the client's certificate is signed by an unknown") == true)
    }

    /// Its extended key usage says what it is for.
    @Test func aServerCertificateIsNoClientCertificate() async throws {
        let (error, log) = try await failure(
            of: Certificates.client(identity: "server"), at: Certificates.server(clientCA: "ca"))
        #expect(error?.code == .unavailable)
        #expect(log.count == 1)
    }
}
