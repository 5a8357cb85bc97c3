import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import AuditRPC

/// What a call costs beside its instructions: writes, wake-ups and timers, which are counted exactly.
@Suite struct CostTests {
    private static let calls = 50

    @Test func aReadOfManyCallsIsOneWrite() throws {
        let server = try EmbeddedServer(.echo)
        try server.receive(EmbeddedServer.requests("/test.Echo/Loop", count: Self.calls))
        #expect(server.counter.writes == 1)
        #expect(server.counter.flushes == 1)
        // A response is HEADERS, DATA and HEADERS again.
        #expect(try server.sentFrames() == 3 * Self.calls)
        #expect(server.loop.timers == 1, "that of the handshake")
        #expect(server.loop.tasks == 0)
    }

    @Test func answersOfAnotherThreadAreOneWakeUpAndOneWrite() throws {
        var router = RPCRouter()
        let references = References()
        router.add("/test/Later", requests: .one) { call in
            references.all.append(call.reference)
            return ScriptedHandler()
        }
        let server = try EmbeddedServer(router)
        try server.receive(EmbeddedServer.requests("/test/Later", count: Self.calls))
        #expect(server.counter.writes == 0)
        CallReference.deliver(
            references.all, to: { $0 },
            { call, _ in
                call.send(message: [1])
                call.finish()
            })
        #expect(server.loop.tasks == 1)
        server.loop.embedded.run()
        #expect(server.loop.tasks == 1)
        #expect(server.counter.writes == 1)
        #expect(try server.sentFrames() == 3 * Self.calls)
    }

    /// Every call's frames name the memory of the one message, and all of them go out in one flush.
    @Test func aSharedMessageIsCopiedForNoCall() throws {
        var router = RPCRouter()
        let references = References()
        router.add("/test/Later", requests: .one) { call in
            references.all.append(call.reference)
            return ScriptedHandler()
        }
        let server = try EmbeddedServer(router)
        try server.receive(EmbeddedServer.requests("/test/Later", count: 3))
        let message = SharedMessage([UInt8](repeating: 7, count: 16_000))
        CallReference.deliver(references.all, to: { $0 }, { call, _ in call.send(message) })
        server.loop.embedded.run()
        #expect(server.loop.tasks == 1)
        #expect(server.counter.flushes == 1)
        let memory = message.framed.withUnsafeReadableBytes { bytes in
            let start = UInt(bitPattern: bytes.baseAddress!)
            return start..<start + UInt(bytes.count)
        }
        var shared = 0
        var copied = 0
        for piece in try server.sentPieces() {
            let address = piece.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress!) }
            if memory.contains(address) {
                shared += piece.readableBytes
            } else {
                copied += piece.readableBytes
            }
        }
        #expect(shared == 3 * message.byteCount)
        #expect(copied < 3 * 64, "the heads of frames, and nothing else")
    }

    /// Details that differ from call to call must not drive what each of them says out of the compressor's table.
    @Test func whatEveryRefusalSaysIsNamedAfterTheFirst() throws {
        let text = "organization acme may record 1000 events per second"
        var router = RPCRouter()
        let refused = References()
        router.add("/test/Refused", requests: .one) { call in
            refused.all.append(call.reference)
            let details = [UInt8](repeating: UInt8(refused.all.count), count: 300)
            call.finish(RPCStatus(.resourceExhausted, text, details: details))
            return ScriptedHandler()
        }
        let server = try EmbeddedServer(router)
        try server.receive(EmbeddedServer.requests("/test/Refused", count: Self.calls))
        let answers = try server.sentFrameBytes().filter { $0 > 300 }
        #expect(answers.count == Self.calls)
        let first = try #require(answers.first)
        #expect(answers.dropFirst().allSatisfy { $0 < first - text.utf8.count / 2 })
    }

    @Test func callsWithDeadlinesShareATimer() throws {
        let server = try EmbeddedServer(.echo)
        let requests = EmbeddedServer.requests(
            "/test.Echo/Loop", count: Self.calls, adding: [("grpc-timeout", "10S")])
        try server.receive(requests)
        #expect(try server.sentFrames() == 3 * Self.calls)
        #expect(server.loop.timers == 2, "that of the handshake, and one for all calls")
    }
}

/// @unchecked: a test uses it from one thread.
private final class References: @unchecked Sendable {
    var all: [CallReference] = []
}

/// A server's connection on a channel without a socket, past its handshake.
private struct EmbeddedServer {
    let loop: CountingEventLoop
    let counter = WriteCounter()
    private let channel: EmbeddedChannel

    init(_ router: RPCRouter) throws {
        let embedded = EmbeddedEventLoop()
        loop = CountingEventLoop(embedded)
        let server = ServerContext(
            configuration: RPCServer.Configuration(), routes: router.table,
            logger: TestServer.quiet)
        let connection = ServerConnection(eventLoop: loop, server: server)
        channel = EmbeddedChannel(handlers: [counter, connection], loop: embedded)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let acknowledgement = RawFrame(.settings, flags: 1)
        try receive(RawPeer.preface + RawFrame(.settings).bytes + acknowledgement.bytes)
        _ = try sentFrames()
        counter.reset()
    }

    /// In one read.
    func receive(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// Frames that were sent since the last look.
    func sentFrames() throws -> Int { try sentFrameBytes().count }

    /// The lengths of their payloads.
    func sentFrameBytes() throws -> [Int] {
        var frames: [Int] = []
        while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
            while let head = bytes.readBytes(length: 9) {
                let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
                bytes.moveReaderIndex(forwardBy: length)
                frames.append(length)
            }
        }
        return frames
    }

    /// What the socket was given since the last look, one for each write.
    func sentPieces() throws -> [ByteBuffer] {
        var pieces: [ByteBuffer] = []
        while let piece = try channel.readOutbound(as: ByteBuffer.self) { pieces.append(piece) }
        return pieces
    }

    static func requests(
        _ path: String, count: Int, adding fields: [(String, String)] = []
    ) -> [UInt8] {
        (0..<count).flatMap { index in
            let stream = UInt32(2 * index + 1)
            return RawFrame.request(path, stream: stream, adding: fields).bytes
                + RawFrame.data(framed([1, 2, 3]), stream: stream, endStream: true).bytes
        }
    }
}

/// Sits between a connection and its socket.
private final class WriteCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private(set) var writes = 0
    private(set) var flushes = 0

    func reset() {
        writes = 0
        flushes = 0
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        writes += 1
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        flushes += 1
        context.flush()
    }
}
