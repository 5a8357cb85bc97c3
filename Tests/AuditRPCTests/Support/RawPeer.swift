import CNghttp2
import NIOCore
import NIOPosix

@testable import AuditRPC

/// One frame of HTTP/2, as it travels.
struct RawFrame: Sendable {
    enum Kind: UInt8 {
        case data = 0
        case headers, priority, reset, settings, push, ping, goAway, window, continuation
    }

    var kind: UInt8
    var flags: UInt8 = 0
    var stream: UInt32 = 0
    var payload: [UInt8] = []
    /// The fields of a HEADERS frame.
    var fields: [String: String] = [:]

    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4

    init(
        _ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, payload: [UInt8] = []
    ) {
        self.kind = kind.rawValue
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    /// A frame of a type that nobody knows.
    init(unknown kind: UInt8, stream: UInt32 = 0, payload: [UInt8] = []) {
        self.kind = kind
        self.stream = stream
        self.payload = payload
    }

    var endsStream: Bool { flags & Self.endStream != 0 && kind <= 1 }

    /// The error code of RST_STREAM or GOAWAY.
    var code: UInt32 {
        let bytes =
            kind == Kind.goAway.rawValue ? payload.dropFirst(4).prefix(4) : payload.prefix(4)
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    var bytes: [UInt8] {
        let length = payload.count
        return [
            UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), kind, flags,
            UInt8(stream >> 24), UInt8(stream >> 16 & 255), UInt8(stream >> 8 & 255),
            UInt8(stream & 255),
        ] + payload
    }

    static func headers(
        _ fields: [(String, String)], stream: UInt32, endStream: Bool
    ) -> RawFrame {
        RawFrame(
            .headers, flags: endHeaders | (endStream ? Self.endStream : 0), stream: stream,
            payload: block(fields))
    }

    /// A list of fields, each literal and without index (RFC 7541 §6.2.2).
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        var payload: [UInt8] = []
        for (name, value) in fields {
            payload.append(0)
            for text in [name, value] {
                payload += length(text.utf8.count)
                payload += Array(text.utf8)
            }
        }
        return payload
    }

    /// PING with a text of up to eight bytes.
    static func ping(_ text: String) -> RawFrame {
        var payload = Array(text.utf8)
        payload += [UInt8](repeating: 0, count: 8 - payload.count)
        return RawFrame(.ping, payload: payload)
    }

    /// An integer with a prefix of 7 bits (RFC 7541 §5.1).
    private static func length(_ value: Int) -> [UInt8] {
        guard value >= 127 else { return [UInt8(value)] }
        var bytes: [UInt8] = [127]
        var rest = value - 127
        while rest >= 128 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// A request as a gRPC client sends it, changed by `replacing` (nil removes a field).
    static func request(
        _ path: String, stream: UInt32 = 1, endStream: Bool = false,
        replacing changes: [String: String?] = [:], adding extra: [(String, String)] = []
    ) -> RawFrame {
        var fields: [(String, String)] = []
        for (name, value) in [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ] {
            guard let change = changes[name] else {
                fields.append((name, value))
                continue
            }
            if let change { fields.append((name, change)) }
        }
        return headers(fields + extra, stream: stream, endStream: endStream)
    }

    static func data(_ bytes: [UInt8], stream: UInt32 = 1, endStream: Bool = false) -> RawFrame {
        RawFrame(.data, flags: endStream ? Self.endStream : 0, stream: stream, payload: bytes)
    }
}

extension [RawFrame] {
    /// DATA frames of at most `size` bytes each.
    static func data(
        _ bytes: [UInt8], cutTo size: Int, stream: UInt32 = 1, endStream: Bool = false
    ) -> [RawFrame] {
        guard !bytes.isEmpty else { return [.data([], stream: stream, endStream: endStream)] }
        var frames: [RawFrame] = []
        for start in Swift.stride(from: 0, to: bytes.count, by: size) {
            let end = Swift.min(start + size, bytes.count)
            let piece = [UInt8](bytes[start..<end])
            frames.append(
                .data(piece, stream: stream, endStream: endStream && end == bytes.count))
        }
        return frames
    }
}

/// A gRPC message behind its prefix.
func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    let count = message.count
    return [
        flag, UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255),
        UInt8(count & 255),
    ] + message
}

/// The other end of a connection, frame by frame: a client or a server that does what the test says.
struct RawPeer: Sendable {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let channel: any Channel
    private let frames: AsyncStream<RawFrame>

    /// As the other end's log shows it.
    var localAddress: String? { channel.localAddress?.endpointText }

    /// Connects, and sends preface and SETTINGS unless told not to.
    static func connect(
        to address: RPCAddress, sayingHello: Bool = true, settings: [UInt8] = []
    ) async throws -> RawPeer {
        let (peer, _) = try await connect { initialize in
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try initialize(channel) }
                }
            return switch address {
            case .tcp(let host, let port): try await bootstrap.connect(host: host, port: port).get()
            case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        }
        if sayingHello {
            try await peer.send(preface + RawFrame(.settings, payload: settings).bytes)
        }
        return peer
    }

    /// Connects as `open` does, which must initialize its channel with the closure that it is given.
    static func connect(
        by open: (_ initialize: @escaping @Sendable (any Channel) throws -> Void) async throws
            -> any Channel
    ) async throws -> (RawPeer, any Channel) {
        let (frames, continuation) = AsyncStream.makeStream(of: RawFrame.self)
        let channel = try await open { channel in
            try channel.pipeline.syncOperations.addHandler(
                FrameReader(continuation, prefaceBytes: 0))
        }
        return (RawPeer(channel: channel, frames: frames), channel)
    }

    /// Listens, and gives each connection to `serve`. Returns the address and the listener.
    ///
    /// - Parameter prepare: adds what comes before HTTP/2.
    static func listen(
        prepare: @escaping @Sendable (any Channel) throws -> Void = { _ in },
        _ serve: @escaping @Sendable (RawPeer) async throws -> Void
    ) async throws -> (RPCAddress, any Channel) {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let (frames, continuation) = AsyncStream.makeStream(of: RawFrame.self)
                let peer = RawPeer(channel: channel, frames: frames)
                return channel.eventLoop.makeCompletedFuture {
                    try prepare(channel)
                    try channel.pipeline.syncOperations.addHandler(
                        FrameReader(continuation, prefaceBytes: preface.count))
                    Task { try await serve(peer) }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return (RPCAddress(listener.localAddress!), listener)
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func send(_ frames: RawFrame...) async throws {
        try await send(frames)
    }

    func send(_ frames: [RawFrame]) async throws {
        try await send(frames.flatMap(\.bytes))
    }

    /// The next frame that `isWanted`; nil when the other end closes before one comes.
    func next(where isWanted: (RawFrame) -> Bool) async -> RawFrame? {
        for await frame in frames where isWanted(frame) { return frame }
        return nil
    }

    func next(_ kind: RawFrame.Kind) async -> RawFrame? {
        await next { $0.kind == kind.rawValue }
    }

    /// The frames of a stream up to its end.
    func response(stream: UInt32 = 1) async -> [RawFrame] {
        var result: [RawFrame] = []
        while let frame = await next(where: { $0.stream == stream }) {
            if frame.kind == RawFrame.Kind.window.rawValue { continue }
            result.append(frame)
            if frame.endsStream || frame.kind == RawFrame.Kind.reset.rawValue { break }
        }
        return result
    }

    func close() async {
        try? await channel.close()
    }
}

/// Cuts bytes into frames, and decodes the header lists.
private final class FrameReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<RawFrame>.Continuation
    private var prefaceBytes: Int
    private var buffer = ByteBuffer()
    private let inflater: OpaquePointer

    init(_ continuation: AsyncStream<RawFrame>.Continuation, prefaceBytes: Int) {
        self.continuation = continuation
        self.prefaceBytes = prefaceBytes
        var inflater: OpaquePointer?
        nghttp2_hd_inflate_new(&inflater)
        self.inflater = inflater!
    }

    deinit {
        nghttp2_hd_inflate_del(inflater)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        buffer.writeBuffer(&bytes)
        if prefaceBytes > 0 {
            guard buffer.readableBytes >= prefaceBytes else { return }
            buffer.moveReaderIndex(forwardBy: prefaceBytes)
            prefaceBytes = 0
        }
        while let frame = nextFrame() { continuation.yield(frame) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func nextFrame() -> RawFrame? {
        let start = buffer.readerIndex
        guard let head = buffer.getBytes(at: start, length: 9) else { return nil }
        let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
        guard buffer.readableBytes >= 9 + length else { return nil }
        buffer.moveReaderIndex(forwardBy: 9)
        var frame = RawFrame(.data)
        frame.kind = head[3]
        frame.flags = head[4]
        frame.stream = head[5...8].reduce(0) { $0 << 8 | UInt32($1) }
        frame.payload = buffer.readBytes(length: length)!
        if frame.kind == RawFrame.Kind.headers.rawValue { frame.fields = inflate(frame.payload) }
        return frame
    }

    private func inflate(_ bytes: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        bytes.withUnsafeBufferPointer { input in
            var offset = 0
            while true {
                var field = nghttp2_nv()
                var flags: CInt = 0
                let count = nghttp2_hd_inflate_hd2(
                    inflater, &field, &flags, input.baseAddress.map { $0 + offset },
                    input.count - offset, 1)
                guard count >= 0 else { return }
                offset += count
                if UInt32(flags) & NGHTTP2_HD_INFLATE_EMIT.rawValue != 0 {
                    let name = UnsafeBufferPointer(start: field.name, count: field.namelen)
                    let value = UnsafeBufferPointer(start: field.value, count: field.valuelen)
                    fields[String(decoding: name, as: UTF8.self)] = String(
                        decoding: value, as: UTF8.self)
                }
                if UInt32(flags) & NGHTTP2_HD_INFLATE_FINAL.rawValue != 0 {
                    nghttp2_hd_inflate_end_headers(inflater)
                    return
                }
                if offset == input.count && count == 0 { return }
            }
        }
        return fields
    }
}
