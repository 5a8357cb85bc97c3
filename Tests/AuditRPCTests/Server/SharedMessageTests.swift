import NIOCore
import NIOEmbedded
import Testing

@testable import AuditRPC

/// Messages that many calls send: what they count, and that a connection that is full slows its calls and ends none.
@Suite struct SharedMessageTests {
    /// A server without sockets, and calls of one client that send what they have while they are writable.
    private final class Fixture {
        let context: ServerContext
        let connection: ServerConnection
        let channel: EmbeddedChannel
        private let loop = EmbeddedEventLoop()
        let calls = Calls()

        /// @unchecked: a test uses it from one thread.
        final class Calls: @unchecked Sendable {
            var all: [ServerCall] = []
            var ended = 0
            /// What was sent, and what was not.
            var results: [Bool] = []
        }

        /// - Parameter send: sends message `number` to a call.
        init(
            calls count: Int, limits: RPCLimits = RPCLimits(), messages: Int,
            _ send: @escaping @Sendable (Int, ServerCall) -> Bool
        ) throws {
            var router = RPCRouter()
            let calls = calls
            router.add("/test/Follow", requests: .one) { call in
                let handler = ScriptedHandler()
                var sent = 0
                let pump = { (call: ServerCall) in
                    while call.isWritable, sent < messages {
                        calls.results.append(send(sent, call))
                        sent += 1
                    }
                }
                handler.onWritable = pump
                handler.onEnd = { pump($0) }
                handler.onCancel = { _ in calls.ended += 1 }
                calls.all.append(call)
                return handler
            }
            context = ServerContext(
                configuration: RPCServer.Configuration(limits: limits), routes: router.table,
                logger: TestServer.quiet)
            connection = ServerConnection(eventLoop: loop, server: context)
            channel = EmbeddedChannel(handler: connection, loop: loop)
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            try receive(RawPeer.preface + RawFrame(.settings).bytes)
            // In one read, so that nothing goes out before all of them have sent.
            try receive(
                (0..<count).flatMap { index in
                    let stream = UInt32(2 * index + 1)
                    return RawFrame.request("/test/Follow", stream: stream).bytes
                        + RawFrame.data(framed([]), stream: stream, endStream: true).bytes
                })
        }

        func receive(_ bytes: [UInt8]) throws {
            try channel.writeInbound(ByteBuffer(bytes: bytes))
            loop.run()
        }

        /// The peer takes whatever comes from now on.
        func openWindows() throws {
            let settings = RawFrame(.settings, payload: [0, 4, 0x40, 0, 0, 0])
            let window = RawFrame(.window, stream: 0, payload: [0x40, 0, 0, 0])
            try receive(settings.bytes + window.bytes)
        }

        /// Bytes of DATA for each stream that were sent so far.
        func sentBytes() throws -> [UInt32: Int] {
            var stream = ByteBuffer()
            while var piece = try channel.readOutbound(as: ByteBuffer.self) {
                stream.writeBuffer(&piece)
            }
            var sent: [UInt32: Int] = [:]
            while let head = stream.readBytes(length: 9) {
                let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
                stream.moveReaderIndex(forwardBy: length)
                guard head[3] == RawFrame.Kind.data.rawValue else { continue }
                sent[head[5...8].reduce(0) { $0 << 8 | UInt32($1) }, default: 0] += length
            }
            return sent
        }

        func close() {
            channel.close(promise: nil)
            loop.run()
        }
    }

    @Test func manyCallsOfAConnectionCountAMessageOnceAndGetAllOfIt() throws {
        let messages = (0..<4).map { SharedMessage([UInt8](repeating: UInt8($0), count: 64 << 10)) }
        let fixture = try Fixture(calls: 600, messages: messages.count) { number, call in
            call.send(messages[number])
        }
        let connection = fixture.connection
        // One message waits in each of them, and the first window lets one go on to its second; counted for each they
        // were more than a connection may queue.
        #expect(connection.session.openStreamCount == 600)
        #expect(
            connection.waiting.queued
                <= 2 * messages[0].byteCount + 601 * OutboundQueue.sharedSlotBytes)
        #expect(fixture.context.bytes.used >= messages[0].byteCount)
        #expect(fixture.context.bytes.used < connection.waiting.queued + (64 << 10))
        try fixture.openWindows()
        let sent = try fixture.sentBytes()
        #expect(sent.count == 600)
        #expect(sent.values.allSatisfy { $0 == messages.reduce(0) { $0 + $1.byteCount } })
        #expect(connection.session.openStreamCount == 600)
        #expect(fixture.calls.ended == 0)
        #expect(connection.waiting.queued == 0)
        #expect(fixture.context.bytes.used == 0)
        fixture.close()
    }

    @Test func callsThatEndGiveBackWhatTheyHeld() throws {
        let message = SharedMessage([UInt8](repeating: 1, count: 100_000))
        let fixture = try Fixture(calls: 3, messages: 1) { _, call in call.send(message) }
        #expect(fixture.connection.waiting.queued > message.byteCount - 65_536)
        for stream in [UInt32(1), 3, 5] {
            try fixture.receive(RawFrame(.reset, stream: stream, payload: [0, 0, 0, 8]).bytes)
        }
        // References to the calls live on.
        #expect(fixture.calls.all.count == 3)
        #expect(fixture.connection.waiting.queued == 0)
        #expect(fixture.context.bytes.used == 0)
        fixture.close()
    }

    @Test func aFullConnectionSlowsItsCallsAndEndsNone() throws {
        var limits = RPCLimits()
        limits.connectionQueuedBytesMax = 1 << 20
        let fixture = try Fixture(calls: 50, limits: limits, messages: 3) { number, call in
            call.send(SharedMessage([UInt8](repeating: UInt8(number), count: 64 << 10)))
        }
        #expect(fixture.connection.isFull)
        #expect(fixture.connection.waiting.queued < limits.connectionQueuedBytesMax)
        #expect(!fixture.calls.all[49].isWritable)
        try fixture.openWindows()
        let sent = try fixture.sentBytes()
        #expect(sent.count == 50)
        #expect(sent.values.allSatisfy { $0 == 3 * (64 << 10 + MessagePrefix.byteCount) })
        #expect(fixture.calls.ended == 0)
        #expect(fixture.connection.waiting.queued == 0)
        fixture.close()
    }

    @Test func whatNobodyHasRoomForEndsTheCallAndIsNotSent() throws {
        var limits = RPCLimits()
        limits.connectionQueuedBytesMax = 150_000
        let fixture = try Fixture(calls: 1, limits: limits, messages: 1) { _, call in
            let message = { SharedMessage([UInt8](repeating: 1, count: 70_000)) }
            return call.send(message()) && call.send(message()) && call.send(message())
        }
        #expect(fixture.calls.results == [false])
        fixture.close()
    }

    @Test func connectionsCountAMessageOnceTogether() {
        let budget = SharedBudget(max: 100_000, holdersMax: 10)
        let message = SharedMessage([UInt8](repeating: 1, count: 60_000))
        var first = WaitingBytes(bufferedBytesMax: 1, budget: budget)
        var second = WaitingBytes(bufferedBytesMax: 1, budget: budget)
        let third = SharedMessage([UInt8](repeating: 1, count: 60_000))
        check(first.take(message, queuedBytesMax: 1 << 20) == true)
        check(second.take(message, queuedBytesMax: 1 << 20) == true)
        check(budget.used == message.byteCount)
        check(second.queued == message.byteCount)
        // More than the connection may queue; then more than the server has room for.
        check(second.take(third, queuedBytesMax: 100_000) == nil)
        check(second.take(third, queuedBytesMax: 1 << 20) == nil)
        // A small one has room in what each connection has for itself.
        let small = SharedMessage([UInt8](repeating: 1, count: 5_000))
        let filler = SharedMessage([UInt8](repeating: 1, count: 35_000))
        check(first.take(filler, queuedBytesMax: 1 << 20) == true)
        check(second.take(small, queuedBytesMax: 1 << 20) == false)
        second.giveBack(small, isCountedOnce: false)
        first.giveBack(filler, isCountedOnce: true)
        first.giveBack(message, isCountedOnce: true)
        check(budget.used == message.byteCount)
        second.giveBack(message, isCountedOnce: true)
        check(budget.used == 0 && first.queued == 0 && second.queued == 0)
    }
}
