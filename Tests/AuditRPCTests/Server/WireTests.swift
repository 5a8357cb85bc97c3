import NIOCore
import Testing

@testable import AuditRPC

/// What odd clients see, frame by frame.
@Suite struct WireTests {
    @Test func aCallOnTheWire() async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            try await peer.send(
                .request("/test.Echo/Loop"), .data(framed([1, 2]), endStream: true))
            let frames = await peer.response()
            #expect(frames.map(\.kind) == [1, 0, 1])
            #expect(frames.first?.fields == [":status": "200", "content-type": "application/grpc"])
            #expect(frames.dropFirst().first?.payload == framed([1, 2]))
            #expect(frames.last?.fields == ["grpc-status": "0"])
            #expect(frames.last?.endsStream == true)
        }
    }

    @Test func everyCutOfARequestIsTheSameRequest() async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            let bytes =
                RawFrame.request("/test.Echo/Loop").bytes
                + RawFrame.data(Array(framed([1, 2, 3])[..<2])).bytes
                + RawFrame.data(Array(framed([1, 2, 3])[2...]), endStream: true).bytes
            for byte in bytes { try await peer.send([byte]) }
            #expect(await peer.response().dropFirst().first?.payload == framed([1, 2, 3]))
        }
    }

    private func refusal(
        _ request: RawFrame, data: [UInt8]? = nil, limits: RPCLimits = RPCLimits()
    ) async throws -> [String: String] {
        var fields: [String: String] = [:]
        try await TestServer.runRaw(.echo, limits: limits) { _, peer in
            try await peer.send(request)
            if let data { try await peer.send(.data(data, endStream: true)) }
            let frames = await peer.response()
            fields = frames.last { $0.kind == 1 }?.fields ?? [:]
            // The connection outlives the refusal.
            try await peer.send(
                .request("/test.Echo/Loop", stream: 3),
                .data(framed([]), stream: 3, endStream: true))
            #expect(await peer.response(stream: 3).last?.fields["grpc-status"] == "0")
        }
        return fields
    }

    @Test func aMissingTeIsTolerated() async throws {
        let fields = try await refusal(
            .request("/test.Echo/Loop", replacing: ["te": String?.none]), data: framed([]))
        #expect(fields["grpc-status"] == "0")
    }

    @Test func anUnknownEncoding() async throws {
        let fields = try await refusal(
            .request("/test.Echo/Loop", endStream: true, adding: [("grpc-encoding", "snappy")]))
        #expect(fields["grpc-status"] == "12")
        #expect(fields["grpc-message"] == "grpc-encoding snappy is not one of identity,gzip")
        #expect(fields["grpc-accept-encoding"] == "identity,gzip")
    }

    @Test func aMessageThatIsCut() async throws {
        let fields = try await refusal(
            .request("/test.Echo/Loop"), data: Array(framed([1, 2, 3]).dropLast()))
        #expect(fields["grpc-status"] == "13")
        #expect(fields["grpc-message"] == "the stream ended in the middle of a message")
    }

    @Test func tooManyHeaderFields() async throws {
        var limits = RPCLimits()
        limits.headerListBytesMax = 1_000
        let many = (0..<20).map { ("field-\($0)", String(repeating: "x", count: 60)) }
        let fields = try await refusal(
            .request("/test.Echo/Loop", endStream: true, adding: many), limits: limits)
        #expect(fields["grpc-status"] == "8")
    }

    @Test func anOversizeLengthIsRefusedBeforeItsBytes() async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            try await peer.send(.request("/test.Echo/Loop"), .data([0, 255, 255, 255, 255]))
            let frames = await peer.response()
            #expect(frames.last?.fields["grpc-status"] == "8")
            #expect(
                frames.last?.fields["grpc-message"]
                    == "a message of 4294967295 bytes is above the limit of 4194304")
            // The client may stop sending.
            let reset = await peer.next(.reset)
            #expect(reset?.code == 0)
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "does not speak HTTP/2"),
        ("garbage garbage garbage garbage", "does not speak HTTP/2"),
        ("\u{16}\u{3}\u{1}and more of a TLS handshake", "the client speaks TLS"),
    ])
    func anotherProtocolIsClosedWithGoAwayAndLoggedOnce(
        bytes: String, problem: String
    ) async throws {
        let log = RecordingLog()
        let server = try await TestServer.start(.echo, logger: log.logger)
        let peer = try await RawPeer.connect(to: server.boundAddress, sayingHello: false)
        try await peer.send(Array(bytes.utf8))
        #expect(await peer.next(.goAway)?.code == HTTP2ErrorCode.protocolError.rawValue)
        #expect(await peer.next { _ in true } == nil)
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains(problem) == true)
        await server.shutdown()
    }

    @Test func aProtocolErrorEndsItsConnectionOnly() async throws {
        let log = RecordingLog()
        try await TestServer.runRaw(.echo, logger: log.logger) { server, other in
            let peer = try await RawPeer.connect(to: server.boundAddress)
            // DATA on stream 0 (RFC 9113 §6.1).
            try await peer.send(.data([1], stream: 0))
            #expect(await peer.next(.goAway)?.code == HTTP2ErrorCode.protocolError.rawValue)
            #expect(await peer.next { _ in true } == nil)
            try await other.send(.request("/test.Echo/Loop"), .data(framed([]), endStream: true))
            #expect(await other.response().last?.fields["grpc-status"] == "0")
        }
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains("broke HTTP/2") == true)
    }

    @Test func tooManyStreamsAreRefused() async throws {
        var limits = RPCLimits()
        limits.streamsPerConnectionMax = 2
        try await TestServer.runRaw(.echo, limits: limits) { _, peer in
            // A client that has not yet acknowledged the limit did no wrong (RFC 9113 §5.1.2).
            try await peer.send(
                .request("/test.Echo/Both", stream: 1), .request("/test.Echo/Both", stream: 3),
                .request("/test.Echo/Both", stream: 5))
            let reset = await peer.next(.reset)
            #expect(reset?.stream == 5)
            #expect(reset?.code == HTTP2ErrorCode.refusedStream.rawValue)
        }
    }

    @Test func aSilentConnectionIsClosed() async throws {
        var limits = RPCLimits()
        limits.handshakeTime = .milliseconds(1)
        let log = RecordingLog()
        let server = try await TestServer.start(.echo, limits: limits, logger: log.logger)
        let peer = try await RawPeer.connect(to: server.boundAddress, sayingHello: false)
        #expect(await peer.next(.goAway)?.code == HTTP2ErrorCode.settingsTimeout.rawValue)
        #expect(await peer.next { _ in true } == nil)
        #expect(log.lines.count == 1)
        await server.shutdown()
    }

    @Test func tooManyConnectionsAreClosedAtOnce() async throws {
        var limits = RPCLimits()
        limits.connectionsMax = 1
        try await TestServer.run(.echo, limits: limits) { test in
            let second = try await RawPeer.connect(to: test.server.boundAddress, sayingHello: false)
            #expect(await second.next { _ in true } == nil)
            #expect(test.server.connectionCount == 1)
        }
    }
}
