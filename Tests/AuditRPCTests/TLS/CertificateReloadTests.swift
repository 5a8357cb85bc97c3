import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import AuditRPC

/// Certificates that are replaced while a server runs. Nobody waits: each test has the files looked at.
@Suite struct CertificateReloadTests {
    private let folder: TemporaryDirectory
    private let files: RPCServerTLS
    private let log = RecordingLog()

    init() throws {
        folder = try TemporaryDirectory()
        files = RPCServerTLS(
            certificateFile: folder.path + "/tls.pem", keyFile: folder.path + "/tls.key",
            clientCAFile: folder.path + "/client-ca.pem")
        try install("server")
        try install("ca.pem", as: "client-ca.pem")
    }

    private func install(_ name: String) throws {
        try install(name + ".pem", as: "tls.pem")
        try install(name + ".key", as: "tls.key")
    }

    private func install(_ fixture: String, as name: String) throws {
        try Data(contentsOf: Certificates.folder.appendingPathComponent(fixture))
            .write(to: URL(fileURLWithPath: folder.path + "/" + name))
    }

    private func serial(_ name: String) throws -> [UInt8] {
        try NIOSSLCertificate.fromPEMFile(Certificates.path(name + ".pem"))[0].serialNumber
    }

    private func connect(
        _ server: RPCServer, identity: String = "client"
    ) async throws -> RPCClientConnection {
        try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton,
            configuration: .init(
                connectTimeout: .seconds(60), tls: Certificates.client(identity: identity)),
            logger: TestServer.quiet)
    }

    private func with(_ body: (RPCServer) async throws -> Void) async throws {
        var limits = RPCLimits()
        limits.tlsCheckInterval = .hours(1)
        let server = try await TestServer.start(
            .echo, tls: files, limits: limits, logger: log.logger)
        do {
            try await body(server)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    /// The serial number that the next connection is shown.
    private func shownSerial(_ server: RPCServer) async throws -> [UInt8]? {
        let peer = try await TLSPeer.connect(to: server.boundAddress, identity: "client")
        #expect(await peer.next(.settings) != nil)
        let serial = await peer.certificate?.serialNumber
        await peer.close()
        return serial
    }

    @Test func newFilesAreForNewConnectionsAndOldOnesGoOn() async throws {
        try await with { server in
            let client = try await connect(server)
            let call = client.call("/test.Echo/Both")
            let messages = call.messages.makeAsyncIterator()
            try await call.write([1])
            #expect(try await messages.next() == [1])
            #expect(try await shownSerial(server) == serial("server"))

            try install("renewed")
            await server.checkCertificates()
            #expect(log.lines.contains { $0.contains("new certificates are in use") })
            #expect(try await shownSerial(server) == serial("renewed"))
            try await call.write([2])
            #expect(try await messages.next() == [2])
            call.finishWriting()
            #expect(try await messages.next() == nil)
            await client.close()
        }
    }

    @Test func filesBehindASymbolicLinkAreSeenToChange() async throws {
        // As Kubernetes mounts secrets: the link moves, the names stay.
        let manager = FileManager.default
        try manager.removeItem(atPath: files.certificateFile)
        try manager.removeItem(atPath: files.keyFile)
        for name in ["server", "renewed"] {
            try manager.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: false)
            try install(name + ".pem", as: name + "/tls.pem")
            try install(name + ".key", as: name + "/tls.key")
        }
        let data = folder.path + "/data"
        try manager.createSymbolicLink(atPath: data, withDestinationPath: "server")
        for name in ["tls.pem", "tls.key"] {
            try manager.createSymbolicLink(
                atPath: folder.path + "/" + name, withDestinationPath: "data/" + name)
        }
        try await with { server in
            #expect(try await shownSerial(server) == serial("server"))
            try manager.createSymbolicLink(atPath: data + ".new", withDestinationPath: "renewed")
            #expect(rename(data + ".new", data) == 0)
            await server.checkCertificates()
            #expect(try await shownSerial(server) == serial("renewed"))
        }
    }

    @Test func aNewClientAuthorityCounts() async throws {
        try await with { server in
            await (try connect(server)).close()
            try install("other-ca.pem", as: "client-ca.pem")
            await server.checkCertificates()
            let error = await failure { _ = try await connect(server) }
            #expect(error?.cause as? ConnectFailure == .tls(.certificateRefused(.unknownAuthority)))
            await (try connect(server, identity: "stranger")).close()
        }
    }

    @Test(arguments: ["key", "certificate", "missing", "empty"])
    func badFilesAreLoggedOnceAndTheOldOnesStay(damage: String) async throws {
        try await with { server in
            switch damage {
            case "key": try install("renewed.key", as: "tls.key")
            case "certificate": try install("renewed.pem", as: "tls.pem")
            case "missing": try FileManager.default.removeItem(atPath: files.keyFile)
            default: try Data().write(to: URL(fileURLWithPath: files.certificateFile))
            }
            await server.checkCertificates()
            await server.checkCertificates()
            #expect(log.lines.count { $0.contains("the old ones stay") } == 1)
            #expect(try await shownSerial(server) == serial("server"))
            // The other half comes, or the file comes back.
            try install("renewed")
            await server.checkCertificates()
            #expect(try await shownSerial(server) == serial("renewed"))
        }
    }

    @Test func filesThatStayAreNotLoadedAgain() async throws {
        try await with { server in
            try install("server")
            await server.checkCertificates()
            #expect(!log.lines.contains { $0.contains("new certificates") })
        }
    }

    @Test func theCheckRunsByItselfToo() async throws {
        var limits = RPCLimits()
        limits.tlsCheckInterval = .milliseconds(1)
        let server = try await TestServer.start(
            .echo, tls: files, limits: limits, logger: log.logger)
        try install("renewed")
        while !log.lines.contains(where: { $0.contains("new certificates are in use") }) {
            await Task.yield()
        }
        await server.shutdown()
    }

    @Test func aCertificateThatHasEndedIsSaidAtTheStart() async throws {
        try install("expired")
        let certificates = try ServerCertificates(files, limits: RPCLimits())
        await certificates.check(now: DateText.now, logger: log.logger)
        #expect(log.lines.count { $0.contains("has ended") } == 1)
        #expect(log.lines.contains { $0.contains("2024-01-02T00:00:00Z") })
    }
}

struct CertificateWatchTests {
    private let day = 86_400
    private let end = 1_000 * 86_400

    private var files: ServerTLSFiles {
        ServerTLSFiles(reading: Certificates.server(), limits: RPCLimits())
    }

    private func watch(end: Int) -> CertificateWatch {
        CertificateWatch(
            files, expiration: Expiration(seconds: end, file: "a"), limits: RPCLimits())
    }

    @Test func noticesBeginTwoWeeksAheadAndComeOnceADay() {
        var watch = watch(end: end)
        let expiration = Expiration(seconds: end, file: "a")
        let expected: [(Int, CertificateWatch.Notice?)] = [
            (end - 14 * day - 1, nil), (end - 14 * day, .expiresSoon(expiration)),
            (end - 14 * day + 1, nil), (end - 13 * day - 1, nil),
            (end - 13 * day, .expiresSoon(expiration)), (end + 1, .hasExpired(expiration)),
            (end + day, nil), (end + day + 1, .hasExpired(expiration)),
        ]
        let notices = expected.map { watch.notice(now: $0.0) }
        #expect(notices == expected.map(\.1))
    }

    @Test func renewalEndsThem() {
        var watch = watch(end: end)
        let before = watch.notice(now: end)
        watch.loaded(expiration: Expiration(seconds: end + 90 * day, file: "a"))
        let after = watch.notice(now: end + day)
        #expect(before != nil && after == nil)
    }

    @Test func theFirstOfSeveralToEndCounts() throws {
        let identity = try ServerTLSFiles(
            reading: RPCServerTLS(
                certificateFile: Certificates.path("server.pem"),
                keyFile: Certificates.path("server.key"),
                clientCAFile: Certificates.path("expired.pem")), limits: RPCLimits()
        ).identity(limits: RPCLimits())
        #expect(identity.expiration.file == Certificates.path("expired.pem"))
    }

    @Test func filesAreNewOnce() throws {
        var watch = watch(end: end)
        let others = ServerTLSFiles(reading: Certificates.server("renewed"), limits: RPCLimits())
        let isNew = [files, others, others, files].map { watch.see($0) }
        #expect(isNew == [false, true, false, true])
    }
}
