import NIOCore
import Testing

@testable import AuditRPC

/// Requests that are not gRPC's, or not of this server.
@Suite struct ForeignRequestTests {
    private func answer(to request: RawFrame) async throws -> [RawFrame] {
        var frames: [RawFrame] = []
        var limits = RPCLimits()
        limits.foreignRequestTime = .zero
        try await TestServer.runRaw(.echo, limits: limits) { _, peer in
            try await peer.send(request)
            frames = await peer.response()
            // Whoever has not ended a request need not go on with it.
            if !request.endsStream, frames.last?.endsStream == true {
                #expect(await peer.next(.reset)?.code == HTTP2ErrorCode.noError.rawValue)
            }
            try await peer.send(
                .request("/test.Echo/Loop", stream: 3),
                .data(framed([7]), stream: 3, endStream: true))
            #expect(await peer.response(stream: 3).last?.fields["grpc-status"] == "0")
        }
        return frames
    }

    @Test(arguments: ["GET", "POST", "PUT", "OPTIONS"], [true, false])
    func aBrowserIsToldWhatThisIs(method: String, endStream: Bool) async throws {
        let frames = try await answer(
            to: .headers(
                [
                    (":method", method), (":scheme", "http"), (":path", "/"),
                    (":authority", "localhost"), ("accept", "*/*"), ("user-agent", "curl/8"),
                ], stream: 1, endStream: endStream))
        #expect(frames.map(\.kind) == [1, 0])
        #expect(frames.first?.fields[":status"] == "415")
        #expect(frames.first?.fields["content-type"] == "text/plain; charset=utf-8")
        #expect(frames.first?.fields["grpc-status"] == nil)
        let body = String(decoding: frames.last?.payload ?? [], as: UTF8.self)
        #expect(body.hasPrefix("This is a gRPC server"))
        #expect(body.hasSuffix("\n"))
        #expect(frames.first?.fields["content-length"] == String(body.utf8.count))
        #expect(frames.last?.endsStream == true)
    }

    @Test func theAnswerWaitsForTheEndOfTheRequest() async throws {
        var limits = RPCLimits()
        limits.foreignRequestTime = .hours(1)
        try await TestServer.runRaw(.echo, limits: limits) { _, peer in
            let post = RawFrame.request("/", replacing: ["content-type": "text/plain"])
            // Nothing of the body is taken for a message of gRPC: not a length above the limit either.
            try await peer.send(
                post, .data([0, 255, 255, 255, 255, 1]),
                RawFrame(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]))
            var before: [RawFrame] = []
            while let frame = await peer.next(where: { _ in true }), frame.kind != 6 {
                before.append(frame)
            }
            #expect(!before.contains { $0.stream == 1 && $0.kind != 8 })
            try await peer.send(.data([1], endStream: true))
            let answer = await peer.response()
            #expect(answer.map(\.kind) == [1, 0])
            #expect(answer.first?.fields[":status"] == "415")
        }
    }

    @Test func theAnswerToHeadHasNoBody() async throws {
        let frames = try await answer(
            to: .request(
                "/", endStream: true, replacing: [":method": "HEAD", "content-type": String?.none]))
        #expect(frames.map(\.kind) == [1])
        #expect(frames.first?.fields[":status"] == "415")
        #expect(frames.first?.endsStream == true)
    }

    @Test func gRPCIsPostAlone() async throws {
        let frames = try await answer(
            to: .request("/test.Echo/Loop", endStream: true, replacing: [":method": "PUT"]))
        #expect(frames.first?.fields[":status"] == "405")
        #expect(frames.first?.fields["allow"] == "POST")
        #expect(frames.last?.kind == 0)
    }

    @Test(arguments: [
        "application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8",
        "application/grpc+proto; x=y", "Application/GRPC",
    ])
    func theTypesOfGRPC(type: String) async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            try await peer.send(
                .request("/test.Echo/Loop", replacing: ["content-type": type]),
                .data(framed([]), endStream: true))
            #expect(await peer.response().last?.fields["grpc-status"] == "0")
        }
    }

    @Test(arguments: ["application/grpc+json", "application/grpc+foo; a=b"])
    func otherFormatsAreUnimplemented(type: String) async throws {
        let frames = try await answer(
            to: .request("/test.Echo/Loop", endStream: true, replacing: ["content-type": type]))
        #expect(frames.first?.fields["grpc-status"] == "12")
        #expect(frames.first?.fields["grpc-message"]?.contains("application/grpc+proto") == true)
    }

    @Test(arguments: [
        ("/test.Echo/Nope", "unknown method /test.Echo/Nope"),
        ("/test.Nope/Loop", "unknown service test.Nope, called by /test.Nope/Loop"),
        ("/test.Ech/Loop", "unknown service test.Ech, called by /test.Ech/Loop"),
        ("/TEST.ECHO/LOOP", "unknown service TEST.ECHO, called by /TEST.ECHO/LOOP"),
        ("/a/b/c", "unknown service a/b, called by /a/b/c"),
        ("/", "malformed path /: it is not of the form /package.Service/Method"),
        ("/x", "malformed path /x: it is not of the form /package.Service/Method"),
        ("//x", "malformed path //x: it is not of the form /package.Service/Method"),
        (
            "/test.Echo/",
            "malformed path /test.Echo/: it is not of the form /package.Service/Method"
        ),
    ])
    func whatIsNotHereIsNamed(path: String, message: String) async throws {
        let frames = try await answer(to: .request(path))
        #expect(frames.count == 1)
        #expect(frames.first?.fields["grpc-status"] == "12")
        #expect(frames.first?.fields["grpc-message"] == message)
    }

    @Test(arguments: ["other.example:1", "localhost", "[::1]:80"])
    func everyAuthorityWillDo(authority: String) async throws {
        let frames = try await answer(
            to: .request("/test.Echo/Nope", endStream: true, replacing: [":authority": authority]))
        #expect(frames.first?.fields["grpc-status"] == "12")
    }

    @Test func hostWillDoForAuthority() async throws {
        let frames = try await answer(
            to: .request(
                "/test.Echo/Nope", endStream: true, replacing: [":authority": String?.none],
                adding: [("host", "localhost")]))
        #expect(frames.first?.fields["grpc-status"] == "12")
    }

    @Test func settingsNameTheStreams() async throws {
        var limits = RPCLimits()
        limits.streamsPerConnectionMax = 321
        try await TestServer.runRaw(.echo, limits: limits) { _, peer in
            let settings = try #require(await peer.next(.settings)).payload
            let streams = stride(from: 0, to: settings.count, by: 6)
                .first { settings[$0 + 1] == 3 }
                .map { settings[($0 + 2)...].prefix(4).reduce(0) { $0 << 8 | Int($1) } }
            #expect(streams == 321)
        }
    }
}
