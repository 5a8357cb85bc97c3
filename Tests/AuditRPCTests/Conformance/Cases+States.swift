@testable import AuditRPC

/// RFC 9113 §5: the states of streams, their numbers, and errors as such.
extension ConformanceCase {
    static let states = idleAndHalfClosed + closed + numbers

    private static let idleAndHalfClosed: [ConformanceCase] = [
        .init(
            "http2/5.1/1", "idle: DATA", [.data()], .streamError(.protocolError, .streamClosed)),
        .init("http2/5.1/2", "idle: RST_STREAM", [.reset()], .connectionError(.protocolError)),
        .init(
            "http2/5.1/3", "idle: WINDOW_UPDATE", [.window(1, 100)],
            .connectionError(.protocolError)),
        .init(
            "http2/5.1/4", "idle: CONTINUATION", [.continuation(Step.block(Step.fields()))],
            .connectionError(.protocolError)),
        .init(
            "http2/5.1/5", "half closed: DATA", [.get(), .data()], .streamError(.streamClosed)),
        .init(
            "http2/5.1/6", "half closed: HEADERS", [.get(), .get()], .streamError(.streamClosed)),
        .init(
            "http2/5.1/7", "half closed: CONTINUATION",
            [.get(), .continuation(Step.block(Step.fields()))],
            .streamError(.streamClosed, .protocolError)),
    ]

    private static let closed: [ConformanceCase] = [
        .init(
            "http2/5.1/8", "reset: DATA", [.post(), .reset(), .data()],
            .streamError(.streamClosed)),
        .init(
            "http2/5.1/9", "reset: HEADERS", [.post(), .reset(), .get()],
            .streamError(.streamClosed)),
        .init(
            "http2/5.1/10", "reset: CONTINUATION", [.post(), .reset(), .continuation()],
            .streamError(.streamClosed, .protocolError)),
        .init(
            "http2/5.1/11", "closed: DATA", [.get(), .awaitEnd, .data()],
            .streamError(.streamClosed)),
        .init(
            "http2/5.1/12", "closed: HEADERS", [.get(), .awaitEnd, .get()],
            .connectionError(.streamClosed)),
        .init(
            "http2/5.1/13", "closed: CONTINUATION", [.get(), .awaitEnd, .continuation()],
            .connectionError(.streamClosed, .protocolError)),
    ]

    private static let numbers: [ConformanceCase] = [
        .init("http2/5.1.1/1", "an even number", [.get(2)], .connectionError(.protocolError)),
        .init(
            "http2/5.1.1/2", "a number below the last one", [.get(5), .get(3)],
            .connectionError(.protocolError)),
        .init(
            "http2/5.1.2/1", "more streams than the server allows",
            [.initialWindow(0)] + (0...UInt32(streamsMax)).map { .get(2 * $0 + 1) },
            .streamError(.protocolError, .refusedStream)),
        .init(
            "http2/5.3.1/1", "HEADERS that depend on themselves",
            [.headers([0, 0, 0, 1, 255] + Step.block(Step.fields()), flags: 0x20)],
            .streamError(.protocolError)),
        .init(
            "http2/5.3.1/2", "PRIORITY that depends on itself", [.priority(1, on: 1)],
            .streamError(.protocolError)),
        .init(
            "http2/5.4.1/1", "an error ends the connection", [invalidPing],
            .connectionError(.protocolError)),
        .init(
            "http2/5.4.1/2", "an error is told by GOAWAY", [invalidPing],
            .connectionError(.protocolError)),
        .init(
            "http2/5.5/1", "a frame of an extension", [.unknownFrame, .ping("a")], .ping("a")),
        .init(
            "http2/5.5/2", "a frame of an extension within a header list",
            [.headers(Step.block(Step.fields()), whole: false), .unknownFrame],
            .connectionError(.protocolError)),
    ]

    private static let invalidPing = Step.frame(.ping, stream: 3, [0, 0, 0, 0, 0, 0, 0, 0])
}
