import Foundation
import NIOPosix
import TestSupport
import Testing

@testable import AuditRPC

@Suite struct UnixSocketTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.path + "/s"
    }

    private func mode() -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : nil
    }

    /// A socket whose process is gone: bound, closed, and its file left.
    private func leaveSocketBehind() throws {
        let (descriptor, _) = try UnixSocketFile.bind(path, mode: 0o600)
        close(descriptor)
    }

    private func start() async throws -> RPCServer {
        try await TestServer.start(.echo, on: .unix(path: path))
    }

    private func connect() async throws -> RPCClientConnection {
        try await RPCClientConnection.connect(
            to: .unix(path: path), on: MultiThreadedEventLoopGroup.singleton,
            logger: TestServer.quiet)
    }

    @Test func aCallGoesThroughAndTheFileGoesInTheEnd() async throws {
        let server = try await start()
        #expect(server.boundAddress == .unix(path: path))
        let client = try await connect()
        #expect(try await client.unary("/test.Echo/Loop", [1, 2]) == [1, 2])
        await client.close()
        await server.shutdown()
        #expect(mode() == nil)
    }

    @Test func tlsIsForTCPAlone() async throws {
        let server = try await TestServer.start(
            .echo, on: .unix(path: path), tls: Certificates.server())
        let client = try await RPCClientConnection.connect(
            to: .unix(path: path), on: MultiThreadedEventLoopGroup.singleton,
            configuration: .init(tls: Certificates.client()), logger: TestServer.quiet)
        #expect(try await client.unary("/test.Echo/Loop", [1]) == [1])
        await client.close()
        await server.shutdown()
    }

    @Test func aServerListensOnSeveralAddresses() async throws {
        let server = try await RPCServer.start(
            on: RPCListeners([.unix(path: path), .tcp(host: "127.0.0.1", port: 0)]),
            router: .echo, logger: TestServer.quiet)
        #expect(server.boundAddresses.count == 2)
        for address in server.boundAddresses {
            let client = try await RPCClientConnection.connect(
                to: address, on: MultiThreadedEventLoopGroup.singleton, logger: TestServer.quiet)
            #expect(try await client.unary("/test.Echo/Loop", [1]) == [1])
            await client.close()
        }
        await server.shutdown()
    }

    @Test func whatWasOpenedIsClosedWhenALaterAddressFails() async throws {
        await #expect(throws: RPCError.self) {
            try await RPCServer.start(
                on: RPCListeners([.unix(path: path), .unix(path: folder.path + "/none/s")]),
                router: .echo, logger: TestServer.quiet)
        }
        #expect(mode() == nil)
    }

    @Test func theSocketOfADeadServerIsReplaced() async throws {
        try leaveSocketBehind()
        #expect(mode() != nil)
        let server = try await start()
        let client = try await connect()
        #expect(try await client.unary("/test.Echo/Loop", [1]) == [1])
        await client.close()
        await server.shutdown()
    }

    @Test func aSocketInUseIsRefused() async throws {
        let server = try await start()
        let error = await failure { _ = try await start() }
        #expect(
            error?.message == "cannot listen on unix:\(path): another process listens there")
        let client = try await connect()
        #expect(try await client.unary("/test.Echo/Loop", [1]) == [1])
        await client.close()
        await server.shutdown()
    }

    @Test(arguments: ["file", "folder", "link", "pipe"])
    func whatIsNoSocketIsLeftAlone(kind: String) async throws {
        switch kind {
        case "file": try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        case "folder": #expect(mkdir(path, 0o700) == 0)
        case "link": #expect(symlink("elsewhere", path) == 0)
        default: #expect(mkfifo(path, 0o600) == 0)
        }
        let before = mode()
        let error = await failure { _ = try await start() }
        #expect(error?.message.contains("no socket lies there") == true)
        #expect(mode() == before)
    }

    @Test func theFileOfAnotherProcessIsNotRemoved() throws {
        let (descriptor, file) = try UnixSocketFile.bind(path, mode: 0o600)
        defer { close(descriptor) }
        // The inode of a removed file may be given out again at once, so it is kept.
        #expect(rename(path, path + ".old") == 0)
        let (other, _) = try UnixSocketFile.bind(path, mode: 0o600)
        defer { close(other) }
        file.remove()
        #expect(mode() != nil)
    }

    @Test(arguments: [0o600, 0o660, 0o777])
    func theModeIsAsGivenWhateverTheUmask(wanted: mode_t) throws {
        let (descriptor, _) = try UnixSocketFile.bind(path, mode: wanted)
        defer { close(descriptor) }
        #expect(mode().map { $0 & 0o7777 } == wanted)
    }

    @Test func aPathThatIsTooLong() async {
        let error = await failure {
            _ = try await TestServer.start(
                .echo, on: .unix(path: "/" + String(repeating: "x", count: 107)))
        }
        #expect(error?.message.contains("longer than 107 bytes") == true)
    }

    @Test func nobodyListens() async throws {
        let error = await failure { _ = try await connect() }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "cannot connect to unix:\(path): no such file or folder")
        try leaveSocketBehind()
        let refused = await failure { _ = try await connect() }
        #expect(refused?.message == "cannot connect to unix:\(path): connection refused")
    }
}
