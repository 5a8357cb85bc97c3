import NIOCore
import Testing

@testable import AuditRPC

/// Either side may end before the other has, and nobody waits.
@Suite struct HalfCloseTests {
    @Test(arguments: chunkSizes)
    func requestsThatEndInEveryWay(chunk: Int) async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            // With the last DATA, with an empty one of its own, and with trailers.
            let body = framed([1, 2, 3])
            var frames: [RawFrame] = []
            for stream in [UInt32(1), 3, 5] {
                frames.append(.request("/test.Echo/Loop", stream: stream))
                frames += .data(body, cutTo: chunk, stream: stream, endStream: stream == 1)
            }
            frames.append(.data([], stream: 3, endStream: true))
            frames.append(.headers([("x-checksum", "1")], stream: 5, endStream: true))
            try await peer.send(frames)
            var answers: [UInt32: [UInt8]] = [:]
            var ended = 0
            while ended < 3, let frame = await peer.next(where: { $0.stream > 0 }) {
                if frame.kind == 0 { answers[frame.stream, default: []] += frame.payload }
                if frame.endsStream {
                    ended += 1
                    #expect(frame.fields["grpc-status"] == "0")
                }
            }
            #expect(answers == [1: body, 3: body, 5: body])
        }
    }

    @Test func headersMayBeTheWholeRequest() async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            for (stream, path) in [(UInt32(1), "Client"), (3, "Both")] {
                try await peer.send(
                    .request("/test.Echo/\(path)", stream: stream, endStream: true))
                let frames = await peer.response(stream: stream)
                #expect(frames.last?.fields["grpc-status"] == "0")
                #expect(frames.contains { $0.kind == 0 } == (path == "Client"))
            }
        }
    }

    @Test func aServerMayAnswerBeforeTheRequestEnds() async throws {
        var router = RPCRouter.echo
        router.addClientStreaming("/test/First") { messages, _ in
            for try await message in messages { return message }
            return []
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(.request("/test/First"), .data(framed([1]) + framed([2])))
            let frames = await peer.response()
            #expect(frames.dropFirst().first?.payload == framed([1]))
            #expect(frames.last?.fields["grpc-status"] == "0")
            #expect(await peer.next(.reset)?.code == HTTP2ErrorCode.noError.rawValue)
        }
        try await TestServer.run(router) { (test: TestServer) async throws in
            let call = test.client.call("/test/First")
            try await call.write([1])
            let messages = call.messages.makeAsyncIterator()
            #expect(try await messages.next() == [1])
            #expect(try await messages.next() == nil)
            // What is written now can reach nobody.
            let error = await failure { try await call.write([2]) }
            #expect(error?.code == .failedPrecondition)
        }
    }

    @Test func aClientLetsGoOfACallThatTheServerEnded() async throws {
        let reset = Event<UInt32?>()
        let (address, listener) = try await RawPeer.listen { peer in
            try await peer.send(RawFrame(.settings))
            _ = await peer.next(.headers)
            try await peer.send(
                .headers(
                    [
                        (":status", "200"), ("content-type", "application/grpc"),
                        ("grpc-status", "0"),
                    ], stream: 1, endStream: true))
            reset.happen(await peer.next(.reset)?.code)
        }
        let client = try await RPCClientConnection.connect(to: address)
        let call = client.call("/test/Call")
        for try await _ in call.messages { Issue.record("a message came from nowhere") }
        #expect(try await reset.next() == HTTP2ErrorCode.noError.rawValue)
        await client.close()
        try await listener.close()
    }

    @Test func aServerMayAnswerALongRequestBeforeItHasCome() async throws {
        // The request is longer than the window, which the server never opens.
        let (address, listener) = try await RawPeer.listen { peer in
            try await peer.send(RawFrame(.settings))
            _ = await peer.next(.data)
            try await peer.send(
                .headers(
                    [
                        (":status", "200"), ("content-type", "application/grpc"),
                        ("grpc-status", "8"), ("grpc-message", "too long"),
                    ], stream: 1, endStream: true))
            // The next call, whose DATA has no window either.
            _ = await peer.next { $0.stream == 3 }
            try await peer.send(
                .headers(
                    [(":status", "200"), ("content-type", "application/grpc")], stream: 3,
                    endStream: false),
                .data(framed([3]), stream: 3),
                .headers([("grpc-status", "0")], stream: 3, endStream: true))
        }
        let client = try await RPCClientConnection.connect(to: address)
        let error = await failure {
            _ = try await client.unary("/test/Call", [UInt8](repeating: 0, count: 1 << 20))
        }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message == "too long")
        #expect(try await client.unary("/test/Call", []) == [3])
        await client.close()
        try await listener.close()
    }

    @Test func aRefusedCallEndsWithoutItsRequest() async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            try await peer.send(.request("/test.Echo/Nope"))
            #expect(await peer.response().last?.fields["grpc-status"] == "12")
            #expect(await peer.next(.reset)?.code == HTTP2ErrorCode.noError.rawValue)
            // What was on its way does no harm.
            try await peer.send(.data(framed([1])), .data([], endStream: true))
            try await peer.send(
                .request("/test.Echo/Loop", stream: 3),
                .data(framed([1]), stream: 3, endStream: true))
            #expect(await peer.response(stream: 3).last?.fields["grpc-status"] == "0")
        }
    }
}
