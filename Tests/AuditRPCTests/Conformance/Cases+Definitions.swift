@testable import AuditRPC

/// RFC 9113 §6: each type of frame, but SETTINGS and WINDOW_UPDATE.
extension ConformanceCase {
    static let definitions = dataAndHeaders + shortFrames + continuations

    private static var get: [UInt8] { Step.block(Step.fields()) }

    private static let dataAndHeaders: [ConformanceCase] = [
        .init(
            "http2/6.1/1", "DATA of stream 0", [.data(stream: 0)],
            .connectionError(.protocolError)),
        .init(
            "http2/6.1/2", "DATA of a stream that is not open", [.get(), .data()],
            .streamError(.streamClosed)),
        .init(
            "http2/6.1/3", "DATA with more padding than bytes",
            [
                .post(adding: [("content-length", "4")]),
                .frame(.data, flags: 9, stream: 1, [6] + Array("test".utf8)),
            ], .connectionError(.protocolError)),
        .init(
            "http2/6.2/1", "PRIORITY behind HEADERS that go on",
            [.headers(get, end: false, whole: false), .priority(), .continuation()],
            .connectionError(.protocolError)),
        .init(
            "http2/6.2/2", "HEADERS of another stream behind HEADERS that go on",
            [.headers(get, end: false, whole: false), .get(3), .continuation()],
            .connectionError(.protocolError)),
        .init(
            "http2/6.2/3", "HEADERS of stream 0", [.get(0)], .connectionError(.protocolError)),
        .init(
            "http2/6.2/4", "HEADERS with more padding than bytes",
            [.headers([UInt8(get.count + 2)] + get, flags: 8)], .streamError(.protocolError)),
    ]

    private static let shortFrames: [ConformanceCase] = [
        .init(
            "http2/6.3/1", "PRIORITY of stream 0", [.priority(0)],
            .connectionError(.protocolError)),
        .init(
            "http2/6.3/2", "PRIORITY of four bytes",
            [.get(), .frame(.priority, stream: 1, [0x80, 0, 0, 1])],
            .streamError(.frameSizeError)),
        .init(
            "http2/6.4/1", "RST_STREAM of stream 0", [.reset(0)], .connectionError(.protocolError)),
        .init(
            "http2/6.4/2", "RST_STREAM of an idle stream", [.reset()],
            .connectionError(.protocolError)),
        .init(
            "http2/6.4/3", "RST_STREAM of three bytes",
            [.get(), .frame(.reset, stream: 1, [0, 0, 0])], .streamError(.frameSizeError)),
        .init("http2/6.7/1", "PING", [.ping("h2spec")], .ping("h2spec")),
        .init(
            "http2/6.7/2", "an acknowledgement that nobody asked for",
            [.ping("other", flags: 1), .ping("h2spec")], .ping("h2spec")),
        .init(
            "http2/6.7/3", "PING of a stream",
            [.frame(.ping, stream: 1, RawFrame.ping("a").payload)],
            .connectionError(.protocolError)),
        .init(
            "http2/6.7/4", "PING of six bytes", [.frame(.ping, [0, 0, 0, 0, 0, 0])],
            .connectionError(.frameSizeError)),
        .init(
            "http2/6.8/1", "GOAWAY of a stream",
            [.frame(.goAway, stream: 1, [0, 0, 0, 0, 0, 0, 0, 0])],
            .connectionError(.protocolError)),
    ]

    private static let continuations: [ConformanceCase] = [
        .init(
            "http2/6.10/1", "two CONTINUATION frames",
            [.headers(get, whole: false), .continuation(whole: false), .continuation()], .answer),
        .init(
            "http2/6.10/2", "DATA within a header list",
            [
                .headers(Step.block(Step.fields("POST")), end: false, whole: false),
                .continuation(whole: false), .data(),
            ], .connectionError(.protocolError)),
        .init(
            "http2/6.10/3", "CONTINUATION of stream 0",
            [.headers(get, whole: false), .continuation(stream: 0)],
            .connectionError(.protocolError)),
        .init(
            "http2/6.10/4", "CONTINUATION behind HEADERS that are whole",
            [.get(), .continuation()], .connectionError(.protocolError)),
        .init(
            "http2/6.10/5", "CONTINUATION behind the last CONTINUATION",
            [.headers(get, whole: false), .continuation(), .continuation()],
            .connectionError(.protocolError)),
        .init(
            "http2/6.10/6", "CONTINUATION behind DATA",
            [
                .headers(Step.block(Step.fields("POST")), end: false, whole: false), .data(),
                .continuation(whole: false), .continuation(stream: 0),
            ], .connectionError(.protocolError)),
    ]
}
