import NIOCore
import Testing

@testable import AuditRPC

/// How DATA is cut: a byte at a time, inside of prefixes, and not at all.
let chunkSizes = [1, 2, 3, 7, 64, 16_384]

/// `grpc-encoding` on the wire, and between both ends.
@Suite struct CompressionTests {
    private static let long = [UInt8](repeating: 42, count: 2_000)
    private static let shared = SharedMessage(long)
    private static let sharedShort = SharedMessage([1])
    private static let gzip = ("grpc-encoding", "gzip")
    private static let acceptsGzip = ("grpc-accept-encoding", "identity, deflate,gzip")

    /// Answers with three messages: as the call says, as it is, and one that is too short to be compressed.
    private static var router: RPCRouter {
        var router = RPCRouter.echo
        router.add("/test/Answers", requests: .one) { call in
            let handler = ScriptedHandler()
            handler.onEnd = { call in
                call.enableCompression()
                call.send(message: long)
                call.send(message: long, compress: false)
                call.send(message: [1])
                call.finish()
            }
            return handler
        }
        router.add("/test/Shared", requests: .one) { call in
            let handler = ScriptedHandler()
            handler.onEnd = { call in
                call.enableCompression()
                call.send(shared)
                call.send(sharedShort)
                call.finish()
            }
            return handler
        }
        // One byte for each message: whether it came compressed.
        router.addBidirectional("/test/Flags") { messages, writer, context in
            for try await _ in messages {
                try await writer.write([context.requestWasCompressed ? 1 : 0])
            }
        }
        router.addServerStreaming("/test/Stream") { _, writer, context in
            context.enableCompression()
            try await writer.write(long)
            try await writer.write(long, compress: false)
        }
        router.addUnary("/test/Unary") { message, context in
            context.enableCompression()
            return message
        }
        return router
    }

    // MARK: The server

    @Test(arguments: chunkSizes)
    func compressedAndPlainRequestsInOneCall(chunk: Int) async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            let body =
                framed(try #require(gzipped(Self.long)), flag: 1) + framed([1, 2])
                + framed([], flag: 1) + framed(try #require(gzipped(Self.long)), flag: 1)
            try await peer.send(
                [.request("/test.Echo/Client", adding: [Self.gzip])]
                    + .data(body, cutTo: chunk, endStream: true))
            let frames = await peer.response()
            // The client did not know that it may; now it does.
            #expect(frames.first?.fields["grpc-accept-encoding"] == "identity,gzip")
            #expect(frames.first?.fields["grpc-encoding"] == nil)
            let answer = frames.filter { $0.kind == 0 }.flatMap(\.payload)
            #expect(answer == framed(Self.long + [1, 2] + Self.long))
            #expect(frames.last?.fields["grpc-status"] == "0")
        }
    }

    @Test(arguments: [true, false])
    func aSharedMessageIsCompressedForThoseWhoTakeIt(accepts: Bool) async throws {
        try await TestServer.runRaw(Self.router) { _, peer in
            try await peer.send(
                .request("/test/Shared", adding: accepts ? [Self.acceptsGzip] : []),
                .data(framed([]), endStream: true))
            let answer = await peer.response().filter { $0.kind == 0 }.flatMap(\.payload)
            let compressed = framed(try #require(gzipped(Self.long)), flag: 1)
            #expect(answer == (accepts ? compressed : framed(Self.long)) + framed([1]))
        }
        let form = Self.shared.form(for: .gzip)
        #expect(form === Self.shared.form(for: .gzip), "it is compressed once")
        #expect(Self.shared.residentBytes == Self.shared.byteCount + form.byteCount)
        #expect(Self.sharedShort.form(for: .gzip) === Self.sharedShort)
        #expect(Self.sharedShort.residentBytes == Self.sharedShort.byteCount)
    }

    @Test func answersAreCompressedMessageByMessage() async throws {
        try await TestServer.runRaw(Self.router) { _, peer in
            try await peer.send(
                .request("/test/Answers", adding: [Self.acceptsGzip]),
                .data(framed([]), endStream: true))
            let frames = await peer.response()
            #expect(frames.first?.fields["grpc-encoding"] == "gzip")
            let answer = frames.filter { $0.kind == 0 }.flatMap(\.payload)
            let compressed = try #require(gzipped(Self.long))
            #expect(answer == framed(compressed, flag: 1) + framed(Self.long) + framed([1]))
        }
    }

    @Test(arguments: [nil, "identity", "deflate", "gzip2"])
    func aClientThatDoesNotTakeGzipGetsNone(accepted: String?) async throws {
        try await TestServer.runRaw(Self.router) { _, peer in
            try await peer.send(
                .request(
                    "/test/Answers",
                    adding: accepted.map { [("grpc-accept-encoding", $0)] } ?? []),
                .data(framed([]), endStream: true))
            let frames = await peer.response()
            #expect(
                frames.first?.fields == [":status": "200", "content-type": "application/grpc"])
            let answer = frames.filter { $0.kind == 0 }.flatMap(\.payload)
            #expect(answer == framed(Self.long) + framed(Self.long) + framed([1]))
        }
    }

    @Test func nothingIsCompressedUnasked() async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            try await peer.send(
                .request("/test.Echo/Loop", adding: [Self.acceptsGzip]),
                .data(framed(Self.long), endStream: true))
            let frames = await peer.response()
            #expect(frames.first?.fields["grpc-encoding"] == nil)
            #expect(frames.dropFirst().first?.payload == framed(Self.long))
        }
    }

    /// Sends `body`, and gives back the trailers. The connection must go on after it.
    private func trailers(
        of body: [UInt8], chunk: Int, fields: [(String, String)], limits: RPCLimits = RPCLimits()
    ) async throws -> [String: String] {
        var trailers: [String: String] = [:]
        try await TestServer.runRaw(.echo, limits: limits) { _, peer in
            try await peer.send(
                [.request("/test.Echo/Loop", adding: fields)]
                    + .data(body, cutTo: chunk, endStream: true))
            trailers = await peer.response().last { $0.kind == 1 }?.fields ?? [:]
            try await peer.send(
                .request("/test.Echo/Loop", stream: 3),
                .data(framed([]), stream: 3, endStream: true))
            #expect(await peer.response(stream: 3).last?.fields["grpc-status"] == "0")
        }
        return trailers
    }

    @Test(arguments: chunkSizes, [[], [("grpc-encoding", "identity")]])
    func theFlagWithoutAnEncodingIsRefused(chunk: Int, fields: [(String, String)]) async throws {
        let body = framed(try #require(gzipped(Self.long)), flag: 1)
        let trailers = try await trailers(of: body, chunk: chunk, fields: fields)
        #expect(trailers["grpc-status"] == "13")
        #expect(trailers["grpc-message"]?.contains("compressed flag") == true)
    }

    @Test(arguments: chunkSizes)
    func whatIsNotGzipIsRefused(chunk: Int) async throws {
        let compressed = try #require(gzipped(Self.long))
        for body in [[1, 2, 3], Array(compressed.dropLast()), compressed + [0]] {
            let trailers = try await trailers(
                of: framed(body, flag: 1), chunk: chunk, fields: [Self.gzip])
            #expect(trailers["grpc-status"] == "13")
            #expect(trailers["grpc-message"] == "a compressed message is not well-formed gzip")
            #expect(trailers["grpc-accept-encoding"] == "identity,gzip")
        }
    }

    @Test(arguments: chunkSizes)
    func aBombStopsAtTheLimit(chunk: Int) async throws {
        var limits = RPCLimits()
        limits.messageBytesMax = 60_000
        let atLimit = try #require(gzipped([UInt8](repeating: 0, count: 60_000)))
        let fine = try await trailers(
            of: framed(atLimit, flag: 1), chunk: chunk, fields: [Self.gzip], limits: limits)
        #expect(fine["grpc-status"] == "0")
        let bomb = try #require(gzipped([UInt8](repeating: 0, count: 1_000_000)))
        let trailers = try await trailers(
            of: framed(bomb, flag: 1), chunk: chunk, fields: [Self.gzip], limits: limits)
        #expect(trailers["grpc-status"] == "8")
        #expect(
            trailers["grpc-message"]
                == "a compressed message becomes larger than the limit of 60000 bytes")
    }

    @Test func whatAHandlerKeepsCountsInflated() async throws {
        var limits = RPCLimits()
        limits.connectionBufferedBytesMax = 250_000
        try await TestServer.runRaw(.echo, limits: limits) { _, peer in
            // Three requests that do not end, of 200 bytes each on the wire.
            let body = framed(try #require(gzipped([UInt8](repeating: 0, count: 100_000))), flag: 1)
            for stream in [UInt32(1), 3, 5] {
                try await peer.send(
                    .request("/test.Echo/Loop", stream: stream, adding: [Self.gzip]),
                    .data(body, stream: stream))
            }
            let refused = await peer.next { $0.fields["grpc-status"] != nil }
            #expect(refused?.stream == 5)
            #expect(refused?.fields["grpc-status"] == "8")
        }
    }

    @Test func whatWaitsForATaskCountsInflated() async throws {
        var limits = RPCLimits()
        limits.connectionBufferedBytesMax = 250_000
        let go = Latch<Bool>()
        var router = RPCRouter()
        router.addClientStreaming("/test/Slow") { messages, _ in
            _ = await go.value()
            var count = 0
            for try await message in messages { count += message.count }
            return Array(String(count).utf8)
        }
        try await TestServer.runRaw(router, limits: limits) { _, peer in
            let body = framed(try #require(gzipped([UInt8](repeating: 0, count: 100_000))), flag: 1)
            for stream in [UInt32(1), 3, 5] {
                try await peer.send(
                    .request("/test/Slow", stream: stream, adding: [Self.gzip]),
                    .data(body, stream: stream))
            }
            let refused = await peer.next { $0.fields["grpc-status"] != nil }
            #expect(refused?.stream == 5)
            #expect(refused?.fields["grpc-status"] == "8")
            // Once a task has taken what waited, there is room again.
            go.set(true)
            try await peer.send(.data([], stream: 1, endStream: true))
            let first = await peer.response(stream: 1)
            #expect(first.first { $0.kind == 0 }?.payload == framed(Array("100000".utf8)))
            try await peer.send(.data(body, stream: 3, endStream: true))
            let second = await peer.response(stream: 3)
            #expect(second.first { $0.kind == 0 }?.payload == framed(Array("200000".utf8)))
        }
    }

    // MARK: Both ends

    @Test func theClientCompressesMessageByMessage() async throws {
        try await TestServer.run(Self.router) { test in
            let call = test.client.call("/test/Flags", options: .init(compress: true))
            let answers = call.messages.makeAsyncIterator()
            try await call.write(Self.long)
            #expect(try await answers.next() == [1])
            try await call.write(Self.long, compress: false)
            #expect(try await answers.next() == [0])
            // Too short to be worth it.
            try await call.write([1, 2])
            #expect(try await answers.next() == [0])
            try await call.write(Self.long)
            #expect(try await answers.next() == [1])
            call.finishWriting()
            #expect(try await answers.next() == nil)

            let plain = test.client.call("/test/Flags")
            try await plain.write(Self.long)
            #expect(try await plain.messages.makeAsyncIterator().next() == [0])
        }
    }

    @Test func theClientReadsCompressedAnswers() async throws {
        try await TestServer.run(Self.router) { test in
            let call = test.client.call("/test/Stream")
            try await call.write([])
            call.finishWriting()
            let answers = call.messages.makeAsyncIterator()
            #expect(try await answers.next() == Self.long)
            #expect(call.responseWasCompressed)
            #expect(try await answers.next() == Self.long)
            #expect(!call.responseWasCompressed)
            #expect(try await answers.next() == nil)

            for compress in [false, true] {
                let answer = try await test.client.unaryResponse(
                    "/test/Unary", Self.long, options: .init(compress: compress))
                #expect(answer.message == Self.long)
                #expect(answer.wasCompressed)
            }
        }
    }

    @Test func theClientAnnouncesWhatItTakesAndSends() async throws {
        for (compress, encoding) in [(true, "gzip"), (false, nil)] {
            let (address, listener) = try await RawPeer.listen { peer in
                try await peer.send(RawFrame(.settings))
                let fields = await peer.next(.headers)?.fields
                let data = await peer.next(.data)?.payload
                let message = Array(
                    "\(fields?["grpc-accept-encoding"] ?? "") \(data?.first ?? 9)".utf8)
                try await peer.send(
                    .headers(
                        [
                            (":status", "200"), ("content-type", "application/grpc"),
                            ("encoding", fields?["grpc-encoding"] ?? "none"),
                        ], stream: 1, endStream: false),
                    .data(framed(message)),
                    .headers([("grpc-status", "0")], stream: 1, endStream: true))
            }
            let client = try await RPCClientConnection.connect(to: address)
            let answer = try await client.unaryResponse(
                "/test/Call", Self.long, options: .init(compress: compress))
            #expect(answer.initialMetadata["encoding"] == encoding ?? "none")
            #expect(answer.message == Array("identity,gzip \(compress ? 1 : 0)".utf8))
            await client.close()
            try await listener.close()
        }
    }

    /// The error of a unary call whose answer is `body`, cut into DATA of `chunk` bytes.
    private func error(
        answer body: [UInt8], encoding: String?, chunk: Int, limits: RPCLimits = RPCLimits()
    ) async throws -> RPCError? {
        try await RawServer.error(limits: limits) { peer in
            let head = [(":status", "200"), ("content-type", "application/grpc")]
            try await peer.send(
                [
                    .headers(
                        head + (encoding.map { [("grpc-encoding", $0)] } ?? []), stream: 1,
                        endStream: false)
                ] + .data(body, cutTo: chunk)
                    + [.headers([("grpc-status", "0")], stream: 1, endStream: true)])
        }
    }

    @Test(arguments: chunkSizes)
    func wrongAnswersFailTheCall(chunk: Int) async throws {
        let compressed = framed(try #require(gzipped(Self.long)), flag: 1)
        #expect(try await error(answer: compressed, encoding: "gzip", chunk: chunk) == nil)
        for encoding in [nil, "identity"] {
            let error = try await error(answer: compressed, encoding: encoding, chunk: chunk)
            #expect(error?.code == .internal)
            #expect(error?.message.contains("compressed flag") == true)
        }
        let unknown = try await error(answer: compressed, encoding: "snappy", chunk: chunk)
        #expect(unknown?.code == .internal)
        #expect(unknown?.message.contains("snappy, which is not one of identity,gzip") == true)
        let corrupt = try await error(answer: framed([1], flag: 1), encoding: "gzip", chunk: chunk)
        #expect(corrupt?.code == .internal)
        var limits = RPCLimits()
        limits.messageBytesMax = Self.long.count - 1
        let bomb = try await error(
            answer: compressed, encoding: "gzip", chunk: chunk, limits: limits)
        #expect(bomb?.code == .resourceExhausted)
    }
}
