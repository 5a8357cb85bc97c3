import NIOCore
import NIOPosix
import Testing

@testable import AuditRPC

/// The client against servers that fail in every way.
@Suite struct ClientConnectionTests {
    @Test func nobodyListens() async throws {
        let (address, listener) = try await RawPeer.listen { _ in }
        try await listener.close()
        let error = await failure { _ = try await RPCClientConnection.connect(to: address) }
        #expect(error?.code == .unavailable)
        #expect(
            error?.message == "cannot connect to 127.0.0.1:\(address.port!): connection refused")
        #expect(error?.cause as? ConnectFailure == .refused)
    }

    @Test func theServerSpeaksAnotherProtocol() async throws {
        let (address, listener) = try await RawPeer.listen { peer in
            try await peer.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        }
        let error = await failure { _ = try await RPCClientConnection.connect(to: address) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("does not speak HTTP/2") == true)
        #expect(
            error?.cause as? ConnectFailure == .foreign(.http1("HTTP/1.1 400 Bad Request")))
        try await listener.close()
    }

    @Test func theServerClosesAtOnce() async throws {
        let (address, listener) = try await RawPeer.listen { await $0.close() }
        let error = await failure { _ = try await RPCClientConnection.connect(to: address) }
        #expect(error?.code == .unavailable)
        guard case .closed = error?.cause as? ConnectFailure else {
            Issue.record("\(String(describing: error?.cause))")
            return
        }
        try await listener.close()
    }

    @Test func theServerSaysNothing() async throws {
        let (address, listener) = try await RawPeer.listen { _ in }
        let error = await failure {
            _ = try await RPCClientConnection.connect(
                to: address, on: MultiThreadedEventLoopGroup.singleton,
                configuration: .init(connectTimeout: .milliseconds(500)), logger: TestServer.quiet)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("did not begin HTTP/2 in time") == true)
        #expect(error?.cause as? ConnectFailure == .silent)
        try await listener.close()
    }

    @Test func attemptsAreNumbered() async throws {
        let numbers = Event<String?>()
        let (address, listener) = try await RawPeer.listen { peer in
            try await peer.send(RawFrame(.settings))
            for _ in 0..<2 {
                let request = await peer.next(.headers)
                numbers.happen(request?.fields["grpc-previous-rpc-attempts"])
            }
        }
        let client = try await RPCClientConnection.connect(to: address)
        let calls = [
            client.call("/test/Call"),
            client.call("/test/Call", options: CallOptions(previousAttempts: 2)),
        ]
        #expect(try await numbers.next() == nil)
        #expect(try await numbers.next() == "2")
        for call in calls { call.cancel() }
        await client.close()
        try await listener.close()
    }

    @Test func aCallThatWaitsForAPlaceWasNotBegunWhenTheServerGoes() async throws {
        let (address, listener) = try await RawPeer.listen { peer in
            // One call at a time.
            try await peer.send(RawFrame(.settings, payload: [0, 3, 0, 0, 0, 1]))
            _ = await peer.next { $0.kind == 0 && $0.endsStream }
            try await peer.send(
                RawFrame(.goAway, payload: [0, 0, 0, 1, 0, 0, 0, 0]),
                .headers(
                    [
                        (":status", "200"), ("content-type", "application/grpc"),
                        ("grpc-status", "5"),
                    ], stream: 1, endStream: true))
        }
        let client = try await RPCClientConnection.connect(to: address)
        async let first = failure { _ = try await client.unary("/test/Call", [1]) }
        async let second = failure { _ = try await client.unary("/test/Call", [2]) }
        let errors = await [first, second]
        #expect(errors.filter { $0?.code == .notFound }.count == 1)
        #expect(errors.filter { $0?.cause as? ClientFailure == .notProcessed }.count == 1)
        await client.close()
        try await listener.close()
    }

    @Test func aLostConnection() async throws {
        let error = try await RawServer.error { await $0.close() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("127.0.0.1") == true)
        #expect(error?.cause as? ClientFailure == .connectionLost)
    }

    @Test func goAwayEndsCallsThatItExcludes() async throws {
        let error = try await RawServer.error { peer in
            try await peer.send(
                RawFrame(.goAway, payload: [0, 0, 0, 0, 0, 0, 0, 11] + Array("calm down".utf8)))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("ENHANCE_YOUR_CALM (calm down)") == true)
        #expect(error?.cause as? ClientFailure == .notProcessed)
    }

    @Test func closingEndsOpenCalls() async throws {
        let began = Event<Void>()
        var router = RPCRouter()
        router.addUnary("/test/Wait") { _, context in
            began.happen()
            try await context.waitForDrain()
            return []
        }
        try await TestServer.run(router) { test in
            let task = Task { try await test.client.unary("/test/Wait", []) }
            try await began.next()
            await test.client.close()
            let error = await failure { _ = try await task.value }
            #expect(error?.code == .unavailable)
            #expect(!test.client.isOpen)
        }
    }

    @Test func messagesBeforeAStatusAreRead() async throws {
        let pong = Event<Void>()
        let (address, listener) = try await RawPeer.listen { peer in
            try await peer.send(RawFrame(.settings), RawFrame(.settings, flags: 1))
            _ = await peer.next { $0.kind == 0 && $0.endsStream }
            try await peer.send(
                .headers(
                    [(":status", "200"), ("content-type", "application/grpc")], stream: 1,
                    endStream: false),
                .data(framed([1])), .data(framed([2])),
                .headers([("grpc-status", "14")], stream: 1, endStream: true),
                RawFrame(.ping, payload: [0, 0, 0, 0, 0, 0, 0, 1]))
            _ = await peer.next(.ping)
            pong.happen()
        }
        let client = try await RPCClientConnection.connect(to: address)
        let call = client.call("/test/Drained")
        try await call.write([])
        call.finishWriting()
        try await pong.next()
        var received: [[UInt8]] = []
        let error = await failure {
            for try await message in call.messages { received.append(message) }
        }
        #expect(received == [[1], [2]])
        #expect(error?.code == .unavailable)
        await client.close()
        try await listener.close()
    }

    @Test func theNextAddressIsTriedWhenOneFails() async throws {
        let (address, listener) = try await RawPeer.listen { peer in
            try await peer.send(RawFrame(.settings))
        }
        let client = try await RPCClientConnection.connect(
            to: .tcp(host: "two", port: 1), on: MultiThreadedEventLoopGroup.singleton,
            configuration: .init(connectTimeout: .seconds(60)), logger: TestServer.quiet
        ) { $0.resolver(TwoAddresses()).connect(host: "two", port: address.port!) }
        #expect(client.isOpen)
        await client.close()
        try await listener.close()
    }

    @Test func aSlowReaderGetsEverythingAfterTheServerEnded() async throws {
        let pong = Event<Void>()
        let (address, listener) = try await RawPeer.listen { peer in
            // The client's windows count once they are acknowledged.
            try await peer.send(RawFrame(.settings), RawFrame(.settings, flags: 1))
            _ = await peer.next { $0.kind == 0 && $0.endsStream }
            // More than the reader's queue takes, less than the window: the stream is closed before it is read.
            try await peer.send(
                .headers(
                    [(":status", "200"), ("content-type", "application/grpc")], stream: 1,
                    endStream: false))
            for index in 0..<20 {
                let message = [UInt8](repeating: UInt8(index), count: 10_000)
                try await peer.send(.data(framed(message)))
            }
            try await peer.send(
                .headers([("grpc-status", "0")], stream: 1, endStream: true),
                RawFrame(.ping, payload: [0, 0, 0, 0, 0, 0, 0, 1]))
            _ = await peer.next(.ping)
            pong.happen()
        }
        let client = try await RPCClientConnection.connect(to: address)
        let call = client.call("/test/Burst")
        try await call.write([])
        call.finishWriting()
        try await pong.next()
        var first: [UInt8] = []
        for try await message in call.messages {
            #expect(message.count == 10_000)
            first.append(message[0])
        }
        #expect(first == [UInt8](0..<20))
        await client.close()
        try await listener.close()
    }
}

/// A name with an address where nobody listens, tried first, and one where the test does.
private final class TwoAddresses: Resolver, Sendable {
    private let loop = MultiThreadedEventLoopGroup.singleton.any()

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeCompletedFuture { [try SocketAddress(ipAddress: "127.0.0.1", port: port)] }
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        loop.makeCompletedFuture { [try SocketAddress(ipAddress: "::1", port: port)] }
    }

    func cancelQueries() {}
}
