@testable import AuditRPC

/// RFC 9113 §7 and §8: error codes, and requests that are malformed.
extension ConformanceCase {
    static let messages = codesAndTrailers + fields

    private static let codesAndTrailers: [ConformanceCase] = [
        .init(
            "http2/7/1", "GOAWAY with an unknown code", [.goAway(code: 0xff), .ping("a")],
            .pingOrEnd("a")),
        .init(
            "http2/7/2", "RST_STREAM with an unknown code",
            [.post(), .reset(code: 0xff), .ping("a")], .pingOrEnd("a")),
        .init(
            "http2/8.1/1", "trailers that do not end the stream",
            [
                .post(), .data(end: false),
                .headers(Step.block([("x-test", "ok")]), end: false),
            ], .streamError(.protocolError)),
        .init(
            "http2/8.2/1", "PUSH_PROMISE of a client",
            [
                .frame(
                    .push, flags: RawFrame.endHeaders, stream: 1,
                    [0, 0, 0, 3] + Step.block(Step.fields()))
            ], .connectionError(.protocolError)),
        .init(
            "http2/8.1.2.1/3", "a pseudo-field in trailers",
            [
                .post(), .data(end: false),
                .headers(Step.block([(":method", "POST")]), end: false),
            ], .streamError(.protocolError)),
        .init(
            "http2/8.1.2.6/1", "content-length that is not what came",
            [.post(adding: [("content-length", "1")]), .data()], .streamError(.protocolError)),
        .init(
            "http2/8.1.2.6/2", "content-length that is not the sum of what came",
            [.post(adding: [("content-length", "1")]), .data(end: false), .data()],
            .streamError(.protocolError)),
    ]

    /// Header lists that are malformed, each by one field.
    private static let fields: [ConformanceCase] = [
        malformed("http2/8.1.2/1", "a name in capitals", Step.fields() + [("X-TEST", "ok")]),
        malformed(
            "http2/8.1.2.1/1", "an unknown pseudo-field", Step.fields() + [(":test", "ok")]),
        malformed(
            "http2/8.1.2.1/2", "a pseudo-field of responses", Step.fields() + [(":status", "200")]),
        malformed(
            "http2/8.1.2.1/4", "pseudo-fields behind others", [("x-test", "ok")] + Step.fields()),
        malformed(
            "http2/8.1.2.2/1", "a field of one connection",
            Step.fields() + [("connection", "keep-alive")]),
        malformed(
            "http2/8.1.2.2/2", "te with more than trailers",
            Step.fields() + [("trailers", "test"), ("te", "trailers, deflate")]),
        malformed(
            "http2/8.1.2.3/1", "an empty :path",
            Step.fields().map { $0.0 == ":path" ? (":path", "") : $0 }),
        malformed("http2/8.1.2.3/2", "no :method", without(":method")),
        malformed("http2/8.1.2.3/3", "no :scheme", without(":scheme")),
        malformed("http2/8.1.2.3/4", "no :path", without(":path")),
        malformed("http2/8.1.2.3/5", "two :method", Step.fields() + [(":method", "GET")]),
        malformed("http2/8.1.2.3/6", "two :scheme", Step.fields() + [(":scheme", "http")]),
        malformed("http2/8.1.2.3/7", "two :path", Step.fields() + [(":path", "/")]),
    ]

    private static func without(_ name: String) -> Step.Fields {
        Step.fields().filter { $0.0 != name }
    }

    private static func malformed(
        _ id: String, _ title: String, _ fields: Step.Fields
    ) -> ConformanceCase {
        .init(id, title, [.headers(Step.block(fields))], .streamError(.protocolError))
    }
}
