import NIOCore
import NIOPosix
import Testing

@testable import AuditRPC

@Suite struct DrainTests {
    @Test func anIdleServerDrains() async throws {
        let server = try await TestServer.start(.echo)
        let client = try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton,
            logger: TestServer.quiet)
        await server.drain(timeout: .hours(1))
        #expect(server.connectionCount == 0)
        let error = await failure { _ = try await client.unary("/test.Echo/Unary", []) }
        #expect(error?.code == .unavailable)
        let refused = await failure {
            _ = try await RPCClientConnection.connect(
                to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton,
                logger: TestServer.quiet)
        }
        #expect(refused?.code == .unavailable)
        #expect(refused?.message.contains("connection refused") == true)
        await server.shutdown()
    }

    @Test func callsFinishAndHandlersLearnOfTheDrain() async throws {
        let began = Event<Void>()
        var router = RPCRouter()
        router.addServerStreaming("/test/Follow") { _, writer, context in
            began.happen()
            try await context.waitForDrain()
            #expect(context.isDraining)
            try await writer.write([7])
        }
        let server = try await TestServer.start(router)
        let client = try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton,
            logger: TestServer.quiet)
        let call = client.call("/test/Follow")
        try await call.write([])
        call.finishWriting()
        try await began.next()
        async let drained: Void = server.drain(timeout: .hours(1))
        let messages = call.messages.makeAsyncIterator()
        #expect(try await messages.next() == [7])
        #expect(try await messages.next() == nil)
        await drained
        #expect(!client.isOpen)
        await server.shutdown()
    }

    @Test func eventLoopsOutliveTheDrain() async throws {
        let began = Event<CallReference>()
        var router = RPCRouter()
        router.add("/test/Stay", requests: .many) { call in
            began.happen(call.reference)
            return ScriptedHandler()
        }
        try await TestServer.runRaw(router) { server, peer in
            try await peer.send(.request("/test/Stay"))
            let reference = try await began.next()
            await server.drain(timeout: .zero)
            // A thread that still has an answer reaches a loop, and a call that is over.
            reference.execute { _ in Issue.record("the call is over") }
            try await reference.eventLoop.submit {}.get()
        }
    }

    @Test func theTwoStepsOfGoAway() async throws {
        let drain = Event<Void>()
        var router = RPCRouter.echo
        router.add("/test/Stay", requests: .many) { call in
            let handler = ScriptedHandler()
            handler.onDrain = { _ in drain.happen() }
            handler.onEnd = { $0.finish() }
            return handler
        }
        let server = try await TestServer.start(router)
        let peer = try await RawPeer.connect(to: server.boundAddress)
        try await peer.send(.request("/test/Stay", stream: 1))
        // The answer shows that the first call is open.
        try await peer.send(RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(await peer.next(.ping) != nil)
        async let drained: Void = server.drain(timeout: .hours(1))
        let notice = await peer.next(.goAway)
        #expect(notice?.payload.prefix(4) == [127, 255, 255, 255])
        try await drain.next()
        // A call that crossed the notice is served.
        try await peer.send(
            .request("/test.Echo/Loop", stream: 3),
            .data(framed([5]), stream: 3, endStream: true))
        let ping = await peer.next(.ping)
        #expect(await peer.response(stream: 3).last?.fields["grpc-status"] == "0")
        try await peer.send(RawFrame(.ping, flags: 1, payload: ping?.payload ?? []))
        let last = await peer.next(.goAway)
        #expect(last?.payload.prefix(4) == [0, 0, 0, 3])
        // One that begins later is not answered; the open one may finish.
        try await peer.send(.request("/test.Echo/Loop", stream: 5, endStream: true))
        try await peer.send(.data([], stream: 1, endStream: true))
        let rest = await peer.next { $0.stream == 5 || $0.endsStream }
        #expect(rest?.stream == 1)
        #expect(rest?.fields["grpc-status"] == "0")
        #expect(await peer.next { _ in true } == nil)
        await drained
        await server.shutdown()
    }

    @Test func theTimeoutEndsWhatIsLeft() async throws {
        let cancelled = Event<CancelReason>()
        var router = RPCRouter()
        router.add("/test/Stay", requests: .one) { _ in
            let handler = ScriptedHandler()
            handler.onCancel = { cancelled.happen($0) }
            return handler
        }
        let server = try await TestServer.start(router)
        let client = try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton,
            logger: TestServer.quiet)
        let call = client.call("/test/Stay")
        try await call.write([])
        async let drained: Void = server.drain(timeout: .milliseconds(20))
        let error = await failure { for try await _ in call.messages {} }
        #expect(error?.code == .unavailable)
        #expect(try await cancelled.next() == .shutdown)
        await drained
        await server.drain(timeout: .hours(1))
        await server.shutdown()
    }
}
