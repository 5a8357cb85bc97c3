import NIOCore
import NIOEmbedded
import Testing

@testable import AuditRPC

/// What a connection of a server costs the others, and when it is given back.
@Suite struct ConnectionMemoryTests {
    private static let preface =
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + RawFrame(.settings).bytes

    /// A server without sockets.
    private static func context(_ limits: RPCLimits = RPCLimits()) -> ServerContext {
        ServerContext(
            configuration: RPCServer.Configuration(limits: limits), routes: RPCRouter.echo.table,
            logger: TestServer.quiet)
    }

    /// A connection whose client has sent its preface.
    private static func connect(
        _ server: ServerContext, _ loop: EmbeddedEventLoop
    ) throws -> (channel: EmbeddedChannel, connection: ServerConnection) {
        let connection = ServerConnection(eventLoop: loop, server: server)
        _ = server.connections.insert(connection)
        let channel = EmbeddedChannel(handler: connection, loop: loop)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        try send(preface, to: channel)
        return (channel, connection)
    }

    private static func send(_ bytes: [UInt8], to channel: EmbeddedChannel) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
    }

    @Test func aConnectionThatIsOverIsForgottenAtOnce() throws {
        let server = Self.context()
        let loop = EmbeddedEventLoop()
        weak var remembered: ServerConnection?
        do {
            let (channel, connection) = try Self.connect(server, loop)
            remembered = connection
            // The client says that it goes, and goes.
            let goAway = RawFrame(.goAway, payload: [UInt8](repeating: 0, count: 8))
            try Self.send(goAway.bytes, to: channel)
            #expect(connection.isFinished)
            channel.close(promise: nil)
            loop.run()
        }
        // The loop lives on, with all that is scheduled on it.
        #expect(remembered == nil)
        #expect(server.connections.count == 0)
        withExtendedLifetime(loop) {}
    }

    /// A memory of frames takes 16 KiB, which each session would have.
    @Test func theConnectionsOfALoopShareTheMemoryOfFrames() throws {
        let server = Self.context()
        let loop = EmbeddedEventLoop()
        let channels = try (0..<3).map { _ in try Self.connect(server, loop).channel }
        #expect(server.memory(of: loop).frameUsers == 3)
        let other = EmbeddedEventLoop()
        let elsewhere = try Self.connect(server, other).channel
        #expect(server.memory(of: loop).frameUsers == 3)
        // Each says what its own client said, in frames of every size, and by turns.
        for (turn, count) in [1, 300, 16_379, 40_000, 5].enumerated() {
            let stream = UInt32(2 * turn + 1)
            for (index, channel) in channels.enumerated() {
                let message = framed([UInt8](repeating: UInt8(7 * turn + index), count: count))
                let pieces = stride(from: 0, to: message.count, by: 16_000).map {
                    RawFrame.data(
                        Array(message[$0..<min($0 + 16_000, message.count)]), stream: stream,
                        endStream: $0 + 16_000 >= message.count)
                }
                try Self.send(
                    RawFrame.request("/test.Echo/Loop", stream: stream).bytes
                        + pieces.flatMap(\.bytes), to: channel)
            }
            for (index, channel) in channels.enumerated() {
                let message = framed([UInt8](repeating: UInt8(7 * turn + index), count: count))
                #expect(try Self.data(from: channel) == message)
            }
        }
        for channel in channels + [elsewhere] { channel.close(promise: nil) }
        loop.run()
        other.run()
    }

    /// The payloads of the DATA frames that a channel has for its socket.
    private static func data(from channel: EmbeddedChannel) throws -> [UInt8] {
        var bytes = ByteBuffer()
        while var piece = try channel.readOutbound(as: ByteBuffer.self) {
            bytes.writeBuffer(&piece)
        }
        var data: [UInt8] = []
        while let head = bytes.readBytes(length: 9) {
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let payload = bytes.readBytes(length: length) ?? []
            if head[3] == 0 { data += payload }
        }
        return data
    }

    @Test func callsThatAreOverAreCountedBack() throws {
        var limits = RPCLimits()
        limits.callsMax = 100
        limits.connectionsMax = 10
        let server = Self.context(limits)
        let loop = EmbeddedEventLoop()
        let (channel, connection) = try Self.connect(server, loop)
        func streams(_ count: Int) -> StrideTo<UInt32> {
            stride(from: 1, to: UInt32(2 * count), by: 2)
        }
        for stream in streams(60) {
            try Self.send(RawFrame.request("/test.Echo/Loop", stream: stream).bytes, to: channel)
        }
        #expect(server.calls.used >= 50)
        for stream in streams(60) {
            let end = RawFrame.data(framed([]), stream: stream, endStream: true)
            try Self.send(end.bytes, to: channel)
        }
        #expect(connection.session.openStreamCount == 0)
        #expect(server.calls.used == 0)
        channel.close(promise: nil)
        loop.run()
    }

    @Test func metadataOfCallsThatSendNothingElseIsBounded() throws {
        var limits = RPCLimits()
        limits.connectionBufferedBytesMax = 100_000
        let server = Self.context(limits)
        let loop = EmbeddedEventLoop()
        let (channel, connection) = try Self.connect(server, loop)
        let large = String(repeating: "x", count: 9_000)
        for stream in stride(from: UInt32(1), to: 41, by: 2) {
            let request = RawFrame.request(
                "/test.Echo/Loop", stream: stream, adding: [("large", large)])
            try Self.send(request.bytes, to: channel)
        }
        #expect(connection.waiting.buffered > 80_000)
        #expect(connection.waiting.buffered <= 100_000)
        #expect(connection.session.openStreamCount < 12, "the others were refused")
        channel.close(promise: nil)
        loop.run()
    }

    @Test func callsThatAreLeftHalfWayEnd() throws {
        let server = Self.context()
        let loop = EmbeddedEventLoop()
        let (channel, connection) = try Self.connect(server, loop)
        // One that has no message, one with half of one, one that goes on, and one that may be quiet for ever.
        for (stream, path) in [
            (UInt32(1), "Loop"), (3, "Loop"), (5, "Loop"), (7, "Both"),
        ] {
            let request = RawFrame.request("/test.Echo/" + path, stream: stream)
            try Self.send(request.bytes, to: channel)
        }
        try Self.send(RawFrame.data([0, 0, 0, 0, 9, 1], stream: 3).bytes, to: channel)
        try Self.send(RawFrame.data([0, 0, 0, 0, 9], stream: 5).bytes, to: channel)
        connection.endStalledCalls()
        #expect(connection.session.openStreamCount == 4, "they had no time yet")
        try Self.send(RawFrame.data([1], stream: 5).bytes, to: channel)
        connection.endStalledCalls()
        loop.run()
        #expect(connection.session.openStreamCount == 2)
        connection.endStalledCalls()
        loop.run()
        #expect(connection.session.openStreamCount == 1)
        channel.close(promise: nil)
        loop.run()
    }

    @Test func compressedMessagesThatBecomeHugeCostTheirSender() throws {
        let server = Self.context()
        let loop = EmbeddedEventLoop()
        let (channel, connection) = try Self.connect(server, loop)
        let zeros = [UInt8](repeating: 0, count: 3_000_000)
        let deflated = try #require(GzipDeflater.ofThisThread.deflate(zeros))
        let message = framed(deflated, flag: 1)
        var sent = 0
        for stream in stride(from: UInt32(1), to: 400, by: 2) where !connection.isBroken {
            let request = RawFrame.request(
                "/test.Echo/Loop", stream: stream, adding: [("grpc-encoding", "gzip")])
            try Self.send(
                request.bytes + RawFrame.data(message, stream: stream, endStream: true).bytes,
                to: channel)
            sent += 1
        }
        #expect(connection.isBroken)
        #expect(sent > 10, "a few are no attack")
        channel.close(promise: nil)
        loop.run()
    }
}
