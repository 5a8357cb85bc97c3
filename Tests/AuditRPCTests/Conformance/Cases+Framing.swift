@testable import AuditRPC

/// RFC 9113 §3 and §4: how a connection begins, and frames as such. HPACK's own errors come last.
extension ConformanceCase {
    private static let zeros = [UInt8](repeating: 0, count: 8)

    static let framing: [ConformanceCase] = [
        .init(
            "http2/3.5/1", "SETTINGS are the first frame of a server", saysHello: false,
            [.sendBytes(RawPeer.preface), .settings((4, 65_535))], .settings),
        .init(
            "http2/3.5/2", "another preface", saysHello: false,
            [.sendBytes(Array("INVALID CONNECTION PREFACE\r\n\r\n".utf8))],
            .connectionError(.protocolError)),
        .init(
            "http2/4.1/1", "a frame of an unknown type", [.unknownFrame, .ping("a")], .ping("a")),
        .init(
            "http2/4.1/2", "flags that are not defined", [.ping("a", flags: 0x16)], .ping("a")),
        .init(
            "http2/4.1/3", "the reserved bit of the stream's number",
            [.frame(.ping, flags: 0x16, stream: 1 << 31, RawFrame.ping("a").payload)], .ping("a")),
        .init(
            "http2/4.2/1", "DATA of the largest size",
            [.post(), .data(String(repeating: "x", count: 16_384))], .answer),
        .init(
            "http2/4.2/2", "DATA above the largest size",
            [.post(), .data(String(repeating: "x", count: 16_385))],
            .streamError(.frameSizeError)),
        .init(
            "http2/4.2/3", "HEADERS above the largest size",
            [.get(adding: (0..<5).flatMap { Step.dummy($0) })], .connectionError(.frameSizeError)),
        .init(
            "http2/4.3/1", "a header list that cannot be decoded", [.headers([0x40])],
            .connectionError(.compressionError)),
        .init(
            "http2/4.3/2", "PRIORITY within a header list",
            [.headers(get, end: false, whole: false), .priority(), .continuation()],
            .connectionError(.protocolError)),
        .init(
            "http2/4.3/3", "HEADERS of another stream within a header list",
            [.headers(get, end: false, whole: false), .get(3), .continuation()],
            .connectionError(.protocolError)),
    ]

    private static var get: [UInt8] { Step.block(Step.fields()) }

    static let hpack: [ConformanceCase] = [
        broken("hpack/2.3.3/1", "an index that nothing has", behind: [0xc6]),
        broken(
            "hpack/2.3.3/2", "the index of a name that nothing has", behind: [0x7f, 0x07, 0x00]),
        broken("hpack/4.2/1", "a change of the table's size at the end", behind: [0x21]),
        broken(
            "hpack/5.2/1", "Huffman code padded by more than seven bits",
            behind: [
                0x00, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x84, 0x49, 0x50, 0x9f, 0xff,
            ]),
        broken(
            "hpack/5.2/2", "Huffman code padded by zeros",
            behind: [0x00, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x83, 0x49, 0x50, 0x90]),
        broken(
            "hpack/5.2/3", "Huffman code with the symbol for the end",
            behind: [
                0x00, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x87, 0x49, 0x51, 0xff, 0xff, 0xff, 0xfa,
                0x7f,
            ]),
        broken("hpack/6.1/1", "index 0", behind: [0x80]),
        .init(
            "hpack/6.3/1", "a table larger than SETTINGS_HEADER_TABLE_SIZE",
            [.headers([0x3f, 0xe2, 0x1f] + get)], .connectionError(.compressionError)),
    ]

    private static func broken(
        _ id: String, _ title: String, behind bytes: [UInt8]
    ) -> ConformanceCase {
        .init(id, title, [.headers(get + bytes)], .connectionError(.compressionError))
    }
}
