import Testing

@testable import AuditRPC

/// One row of the table: what a client sends, and what a server of HTTP/2 must do about it.
///
/// The ids are those of h2spec, which publishes the list; `Tests/Interop/README.md` says how to run h2spec itself.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        case send(RawFrame)
        case sendBytes([UInt8])
        /// Wait until every SETTINGS frame sent so far is acknowledged.
        case awaitSettings
        /// Wait until the server has ended stream 1.
        case awaitEnd
        /// Wait for DATA on stream 1.
        case awaitData
    }

    enum Reaction: Sendable {
        /// GOAWAY with one of these codes, and then the connection ends.
        case connectionError([HTTP2ErrorCode])
        /// The same, or RST_STREAM with one of these codes.
        case streamError([HTTP2ErrorCode])
        /// RST_STREAM of stream 1 with this code, and nothing stronger.
        case reset(HTTP2ErrorCode)
        /// A header list on this stream.
        case headers(stream: UInt32)
        /// The first DATA frame of stream 1, of so many bytes; nil: of any length.
        case data(bytes: Int?)
        /// The PING that was sent with this payload is acknowledged.
        case ping(String)
        /// The same, or the connection ends without an error.
        case pingOrEnd(String)
        /// Every SETTINGS frame is acknowledged.
        case settingsAcknowledged
        /// SETTINGS come first.
        case settings
    }

    let id: String
    let title: String
    /// False when the row says all itself: no preface and no SETTINGS before.
    let saysHello: Bool
    let steps: [Step]
    let reaction: Reaction

    init(
        _ id: String, _ title: String, saysHello: Bool = true, _ steps: [Step],
        _ reaction: Reaction
    ) {
        self.id = id
        self.title = title
        self.saysHello = saysHello
        self.steps = steps
        self.reaction = reaction
    }

    var testDescription: String { "\(id) \(title)" }

    /// Streams that the server of a run allows at a time: nghttpd's own default.
    static let streamsMax = 100

    static let all: [ConformanceCase] =
        [generic, framing, states, definitions, settings, windows, messages, hpack].flatMap { $0 }
}

// MARK: Words of the table

extension ConformanceCase.Reaction {
    static func connectionError(_ codes: HTTP2ErrorCode...) -> Self { .connectionError(codes) }
    static func streamError(_ codes: HTTP2ErrorCode...) -> Self { .streamError(codes) }
    /// The request of stream 1 is answered.
    static var answer: Self { .headers(stream: 1) }
}

extension ConformanceCase.Step {
    typealias Fields = [(String, String)]

    static func fields(_ method: String = "GET") -> Fields {
        [(":method", method), (":scheme", "http"), (":path", "/"), (":authority", "localhost")]
    }

    /// A field whose text is long, as padding of a header list.
    static func dummy(_ index: Int = 0, bytes: Int = 4_000) -> Fields {
        [("x-dummy\(index)", String(repeating: "x", count: bytes))]
    }

    static func block(_ fields: Fields) -> [UInt8] { RawFrame.block(fields) }

    /// HEADERS around any bytes.
    static func headers(
        _ block: [UInt8], stream: UInt32 = 1, end: Bool = true, whole: Bool = true,
        flags: UInt8 = 0
    ) -> Self {
        let flags =
            flags | (end ? RawFrame.endStream : 0) | (whole ? RawFrame.endHeaders : 0)
        return .send(RawFrame(.headers, flags: flags, stream: stream, payload: block))
    }

    /// A whole GET of `/`.
    static func get(_ stream: UInt32 = 1, adding extra: Fields = []) -> Self {
        headers(block(fields() + extra), stream: stream)
    }

    /// The beginning of a request whose body follows.
    static func post(_ stream: UInt32 = 1, adding extra: Fields = []) -> Self {
        headers(block(fields("POST") + extra), stream: stream, end: false)
    }

    static func continuation(
        _ block: [UInt8] = block(dummy()), stream: UInt32 = 1, whole: Bool = true
    ) -> Self {
        let flags = whole ? RawFrame.endHeaders : 0
        return .send(RawFrame(.continuation, flags: flags, stream: stream, payload: block))
    }

    static func data(_ text: String = "test", stream: UInt32 = 1, end: Bool = true) -> Self {
        .send(.data(Array(text.utf8), stream: stream, endStream: end))
    }

    /// - Parameter weight: as it travels, one below what it means.
    static func priority(
        _ stream: UInt32 = 1, on other: UInt32 = 0, weight: UInt8 = 255, exclusive: Bool = false
    ) -> Self {
        .send(
            RawFrame(
                .priority, stream: stream,
                payload: word(other | (exclusive ? 1 << 31 : 0)) + [weight]))
    }

    static func reset(_ stream: UInt32 = 1, code: UInt32 = 8) -> Self {
        .send(RawFrame(.reset, stream: stream, payload: word(code)))
    }

    static func settings(_ entries: (id: UInt16, value: UInt32)...) -> Self {
        let payload = entries.flatMap { [UInt8($0.id >> 8), UInt8($0.id & 255)] + word($0.value) }
        return .send(RawFrame(.settings, payload: payload))
    }

    static func initialWindow(_ bytes: UInt32) -> Self { settings((4, bytes)) }

    static func ping(_ text: String, flags: UInt8 = 0) -> Self {
        .send(RawFrame(.ping, flags: flags, payload: RawFrame.ping(text).payload))
    }

    static func goAway(code: UInt32 = 0) -> Self {
        .send(RawFrame(.goAway, payload: word(0) + word(code)))
    }

    static func window(_ stream: UInt32, _ increment: UInt32) -> Self {
        .send(RawFrame(.window, stream: stream, payload: word(increment)))
    }

    /// A frame whose payload has the wrong length, or whose head is odd.
    static func frame(
        _ kind: RawFrame.Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8]
    ) -> Self {
        .send(RawFrame(kind, flags: flags, stream: stream, payload: payload))
    }

    /// A frame of a type that no specification has.
    static var unknownFrame: Self {
        .send(RawFrame(unknown: 0x16, payload: [UInt8](repeating: 0, count: 8)))
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }
}
