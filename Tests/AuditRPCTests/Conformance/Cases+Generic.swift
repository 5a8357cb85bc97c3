@testable import AuditRPC

/// What every server must take, by the sections of h2spec's "generic" list.
extension ConformanceCase {
    static let generic = generic1to3 + requests + fieldRepresentations

    private static let generic1to3: [ConformanceCase] = [
        .init(
            "generic/1/1", "the preface of a client", saysHello: false,
            [.sendBytes(RawPeer.preface), .settings((4, 65_535))], .settings),
        .init("generic/2/1", "PRIORITY of an idle stream", [.priority(), .ping("a")], .ping("a")),
        .init(
            "generic/2/2", "WINDOW_UPDATE of a request that has ended",
            [.initialWindow(0), .get(), .window(1, 1)], .data(bytes: nil)),
        .init(
            "generic/2/3", "PRIORITY of a request that has ended",
            [.initialWindow(0), .get(), .priority(), .window(1, 1)], .data(bytes: nil)),
        .init(
            "generic/2/4", "RST_STREAM of a request that has ended",
            [.get(), .reset(), .ping("a")], .pingOrEnd("a")),
        .init(
            "generic/2/5", "PRIORITY of a closed stream",
            [.get(), .awaitEnd, .priority(), .ping("a")], .ping("a")),
        .init("generic/3.1/1", "a DATA frame", [.post(), .data()], .answer),
        .init(
            "generic/3.1/2", "several DATA frames", [.post(), .data(end: false), .data()], .answer),
        .init(
            "generic/3.1/3", "DATA with padding",
            [
                .post(),
                .frame(.data, flags: 9, stream: 1, [5] + Array("test".utf8) + [0, 0, 0, 0, 0]),
            ], .answer),
        .init("generic/3.2/1", "a HEADERS frame", [.get()], .answer),
        .init(
            "generic/3.2/2", "HEADERS with padding",
            [.headers([3] + Step.block(Step.fields()) + [0, 0, 0], flags: 8)], .answer),
        .init(
            "generic/3.2/3", "HEADERS with a priority",
            [.headers([0, 0, 0, 0, 255] + Step.block(Step.fields()), flags: 0x20)], .answer),
        .init("generic/3.3/1", "the lowest weight", [.priority(weight: 0), .get()], .answer),
        .init("generic/3.3/2", "the highest weight", [.priority(weight: 255), .get()], .answer),
        .init(
            "generic/3.3/3", "a dependency on another stream", [.priority(3, on: 1), .get()],
            .answer),
        .init(
            "generic/3.3/4", "an exclusive dependency", [.priority(exclusive: true), .get()],
            .answer),
        .init(
            "generic/3.3/5", "PRIORITY of an idle stream, then a request below it",
            [.priority(3), .get()], .answer),
        .init(
            "generic/3.4/1", "RST_STREAM", [.post(), .reset(), .ping("a")], .pingOrEnd("a")),
        .init(
            "generic/3.5/1", "every setting",
            [
                .settings(
                    (1, 4_096), (2, 0), (3, 100), (4, 65_535), (5, 16_384), (6, 100_000))
            ], .settingsAcknowledged),
        .init("generic/3.7/1", "PING", [.ping("a")], .ping("a")),
        .init("generic/3.8/1", "GOAWAY", [.goAway(), .ping("a")], .pingOrEnd("a")),
        .init(
            "generic/3.9/1", "WINDOW_UPDATE of the connection", [.window(0, 1), .ping("a")],
            .ping("a")),
        .init("generic/3.9/2", "WINDOW_UPDATE of a stream", [.get(), .window(1, 1)], .answer),
        .init(
            "generic/3.10/1", "a header list in two frames",
            [
                .headers(Array(Step.block(Step.fields()).prefix(5)), whole: false),
                .continuation(Array(Step.block(Step.fields()).dropFirst(5))),
            ], .answer),
        .init(
            "generic/3.10/2", "a header list in three frames",
            [
                .headers(Array(Step.block(Step.fields()).prefix(5)), whole: false),
                .continuation(Array(Step.block(Step.fields())[5..<10]), whole: false),
                .continuation(Array(Step.block(Step.fields()).dropFirst(10))),
            ], .answer),
    ]

    private static let requests: [ConformanceCase] = [
        .init("generic/4/1", "GET", [.get()], .answer),
        .init("generic/4/2", "HEAD", [.headers(Step.block(Step.fields("HEAD")))], .answer),
        .init("generic/4/3", "POST", [.post(), .data()], .answer),
        .init(
            "generic/4/4", "POST with trailers",
            [.post(), .data(end: false), .headers(Step.block([("x-test", "ok")]))], .answer),
    ]

    /// Ways to write a field, behind the fields of a GET (RFC 7541 §6).
    private static let representations: [(String, [UInt8])] = [
        ("indexed", [0xba]),
        ("indexed from now on, name of the table", literal(0x7a, "h2spec")),
        ("indexed from now on, name of the table, Huffman", [0x7a] + huffmanText),
        ("indexed from now on, new name", [0x40] + literal(0x06, "x-test", "h2spec")),
        ("indexed from now on, new name, Huffman", [0x40] + huffmanName + huffmanText),
        ("not indexed, name of the table", literal(0x0f, 0x2b, "h2spec")),
        ("not indexed, name of the table, Huffman", [0x0f, 0x2b] + huffmanText),
        ("not indexed, new name", [0x00] + literal(0x06, "x-test", "h2spec")),
        ("not indexed, new name, Huffman", [0x00] + huffmanName + huffmanText),
        ("never indexed, name of the table", literal(0x1f, 0x2b, "h2spec")),
        ("never indexed, name of the table, Huffman", [0x1f, 0x2b] + huffmanText),
        ("never indexed, new name", [0x10] + literal(0x06, "x-test", "h2spec")),
        ("never indexed, new name, Huffman", [0x10] + huffmanName + huffmanText),
    ]

    /// `x-test` and `h2spec` in Huffman code, behind their lengths.
    private static let huffmanName: [UInt8] = [0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff]
    private static let huffmanText: [UInt8] = [0x84, 0x9c, 0x48, 0xac, 0xa4]

    /// The bytes of a name by its index, and of its value.
    private static func literal(_ index: UInt8..., text: String) -> [UInt8] {
        index + [UInt8(text.utf8.count)] + Array(text.utf8)
    }
    private static func literal(_ index: UInt8, _ text: String) -> [UInt8] {
        literal(index, text: text)
    }
    private static func literal(_ first: UInt8, _ second: UInt8, _ text: String) -> [UInt8] {
        literal(first, second, text: text)
    }
    /// The length of the name, the name, and its value.
    private static func literal(_ length: UInt8, _ name: String, _ text: String) -> [UInt8] {
        [length] + Array(name.utf8) + [UInt8(text.utf8.count)] + Array(text.utf8)
    }

    private static let fieldRepresentations: [ConformanceCase] =
        representations.enumerated().map { index, row in
            .init(
                "generic/5/\(index + 1)", "a field that is \(row.0)",
                [.headers(Step.block(Step.fields()) + row.1)], .answer)
        } + [
            .init(
                "generic/5/14", "a change of the table's size",
                [.headers([0x20 | 30] + Step.block(Step.fields()))], .answer),
            .init(
                "generic/5/15", "two changes of the table's size",
                [.headers([0x20, 0x20 | 30] + Step.block(Step.fields()))], .answer),
        ]
}
