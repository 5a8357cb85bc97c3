import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import AuditRPC

@Suite struct StatusTests {
    @Test func aThrownErrorIsTheStatus() async throws {
        var router = RPCRouter()
        router.addUnary("/test/Fail") { _, _ in
            throw RPCError(
                .invalidArgument, "field «name»\n100%", details: [8, 3],
                metadata: RPCMetadata([("retry-after", "5")]))
        }
        try await TestServer.run(router) { (test: TestServer) async throws in
            let error = await failure { _ = try await test.client.unary("/test/Fail", []) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message == "field «name»\n100%")
            #expect(error?.details == [8, 3])
            #expect(error?.metadata["retry-after"] == "5")
        }
    }

    @Test func theTextOfOtherErrorsStaysHere() async throws {
        struct Secret: Error, CustomStringConvertible {
            var description: String { "password in /etc" }
        }
        var router = RPCRouter()
        router.addUnary("/test/Fail") { _, _ in throw Secret() }
        let log = RecordingLog()
        let server = try await TestServer.start(router, logger: log.logger)
        let client = try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton,
            logger: TestServer.quiet)
        let error = await failure { _ = try await client.unary("/test/Fail", []) }
        #expect(error?.code == .internal)
        #expect(error?.message == "an internal error")
        #expect(log.lines.contains { $0.contains("password in /etc") })
        await client.close()
        await server.shutdown()
    }

    @Test func aStatusAfterMessages() async throws {
        var router = RPCRouter()
        router.addServerStreaming("/test/Half") { _, writer, _ in
            try await writer.write([1])
            throw RPCError(.dataLoss, "segment 7")
        }
        try await TestServer.run(router) { test in
            let call = test.client.call("/test/Half")
            try await call.write([])
            call.finishWriting()
            let messages = call.messages.makeAsyncIterator()
            #expect(try await messages.next() == [1])
            let error = await failure { _ = try await messages.next() }
            #expect(error?.code == .dataLoss)
            #expect(error?.message == "segment 7")
        }
    }

    @Test func anUnknownMethod() async throws {
        try await TestServer.run(.echo) { (test: TestServer) async throws in
            let error = await failure { _ = try await test.client.unary("/test.Echo/Nope", [1]) }
            #expect(error?.code == .unimplemented)
            #expect(error?.message == "unknown method /test.Echo/Nope")
        }
    }

    @Test func theNumberOfRequestMessages() async throws {
        try await TestServer.run(.echo) { (test: TestServer) async throws in
            for path in ["/test.Echo/Loop", "/test.Echo/Unary", "/test.Echo/Server"] {
                let none = test.client.call(path)
                none.finishWriting()
                let missing = await failure { for try await _ in none.messages {} }
                #expect(missing?.code == .unimplemented, "\(path)")
                #expect(missing?.message.contains("not none") == true)

                let two = test.client.call(path)
                let second = await failure {
                    try await two.write([1])
                    try await two.write([2])
                    two.finishWriting()
                    for try await _ in two.messages {}
                }
                #expect(second?.code == .unimplemented, "\(path)")
                #expect(second?.message.contains("not several") == true)
            }
        }
    }

    @Test func aMessageAboveTheLimitIsNamed() async throws {
        var limits = RPCLimits()
        limits.messageBytesMax = 1_000
        try await TestServer.run(.echo, limits: limits) { (test: TestServer) async throws in
            let atLimit = [UInt8](repeating: 1, count: 1_000)
            #expect(try await test.client.unary("/test.Echo/Loop", atLimit) == atLimit)
            let error = await failure {
                _ = try await test.client.unary("/test.Echo/Loop", atLimit + [2])
            }
            #expect(error?.code == .resourceExhausted)
            #expect(error?.message == "a message of 1001 bytes is above the limit of 1000")
            // The connection goes on.
            #expect(try await test.client.unary("/test.Echo/Loop", [3]) == [3])
        }
    }

    @Test func aResponseAboveTheClientsLimit() async throws {
        var limits = RPCLimits()
        limits.messageBytesMax = 1_000
        var router = RPCRouter()
        router.addUnary("/test/Large") { _, _ in [UInt8](repeating: 0, count: 5_000) }
        try await TestServer.run(router, clientLimits: limits) { (test: TestServer) async throws in
            let error = await failure { _ = try await test.client.unary("/test/Large", []) }
            #expect(error?.code == .resourceExhausted)
        }
    }
}

/// Keeps what is logged.
final class RecordingLog: Sendable {
    private let storage = Mutex<[String]>([])

    var lines: [String] { storage.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.storage.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
        }
    }
}
