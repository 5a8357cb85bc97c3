import NIOCore
import Testing

@testable import AuditRPC

/// What a client makes of the answers of servers and proxies that know gRPC badly, or not at all.
@Suite struct ForeignResponseTests {
    private static let usual = [(":status", "200"), ("content-type", "application/grpc")]

    private static func head(
        _ fields: [(String, String)] = usual, adding more: [(String, String)] = [],
        endStream: Bool = false
    ) -> RawFrame {
        .headers(fields + more, stream: 1, endStream: endStream)
    }

    private static func trailers(_ fields: [(String, String)]) -> RawFrame {
        .headers(fields, stream: 1, endStream: true)
    }

    private func error(
        limits: RPCLimits = RPCLimits(), _ frames: [RawFrame]
    ) async throws -> RPCError? {
        try await RawServer.error(limits: limits) { try await $0.send(frames) }
    }

    @Test(arguments: chunkSizes)
    func anAnswerInPieces(chunk: Int) async throws {
        let frames =
            [Self.head(adding: [("a", "1")])] + .data(framed([1, 2, 3]), cutTo: chunk)
            + [Self.trailers([("grpc-status", "0"), ("b", "2")])]
        let answer = try await RawServer.response { try await $0.send(frames) }.get()
        #expect(answer.message == [1, 2, 3])
        #expect(answer.initialMetadata == RPCMetadata([("a", "1")]))
        #expect(answer.trailingMetadata == RPCMetadata([("b", "2")]))
    }

    // MARK: HTTP

    @Test(arguments: [
        ("400", RPCStatus.Code.internal), ("401", .unauthenticated), ("403", .permissionDenied),
        ("404", .unimplemented), ("418", .unknown), ("429", .unavailable), ("431", .internal),
        ("500", .unknown), ("502", .unavailable), ("503", .unavailable), ("504", .unavailable),
        ("204", .unknown), ("301", .unknown),
    ])
    func statusesOfHTTP(status: String, code: RPCStatus.Code) async throws {
        for endStream in [true, false] {
            let page = [(":status", status), ("content-type", "text/html")]
            let body: [RawFrame] = endStream ? [] : [.data(Array("<html>".utf8))]
            let error = try await error([Self.head(page, endStream: endStream)] + body)
            #expect(error?.code == code)
            #expect(error?.message == "the server answered with HTTP status \(status)")
            #expect(
                error?.cause as? ClientFailure == .notGRPC(httpStatus: try #require(Int(status))))
        }
    }

    @Test(arguments: ["404", "503", "200"], ["application/grpc", "text/html"])
    func aStatusOfGRPCWinsOverHTTP(status: String, type: String) async throws {
        let error = try await error([
            Self.head(
                [
                    (":status", status), ("content-type", type), ("grpc-status", "9"),
                    ("grpc-message", "mine"),
                ], endStream: true)
        ])
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message == "mine")
    }

    @Test func aStatusBeforeABodyOfAnotherKind() async throws {
        let error = try await error([
            Self.head([(":status", "503"), ("grpc-status", "14"), ("content-type", "text/html")]),
            .data(Array("<html>".utf8), endStream: true),
        ])
        #expect(error?.code == .unavailable)
    }

    @Test(arguments: [nil, "image/jpeg", "application/grpc-web+proto"])
    func anotherContentType(type: String?) async throws {
        let fields = [(":status", "200")] + (type.map { [("content-type", $0)] } ?? [])
        for endStream in [true, false] {
            let error = try await error([Self.head(fields, endStream: endStream)])
            #expect(error?.code == .unknown)
            #expect(error?.message == "the server's answer is not of type application/grpc")
        }
    }

    @Test func anotherFormat() async throws {
        let error = try await error([
            Self.head([(":status", "200"), ("content-type", "application/grpc+json")]),
            .data(framed(Array("{}".utf8))), Self.trailers([("grpc-status", "0")]),
        ])
        #expect(error?.code == .internal)
    }

    @Test func informationalListsAreSkipped() async throws {
        let early = RawFrame.headers(
            [(":status", "103"), ("link", "a"), ("grpc-status", "5")], stream: 1, endStream: false)
        let answer = try await RawServer.response {
            try await $0.send(
                early, .headers([(":status", "100")], stream: 1, endStream: false),
                Self.head(adding: [("a", "1")]), .data(framed([1])),
                Self.trailers([("grpc-status", "0")]))
        }
        #expect(try answer.get().initialMetadata == RPCMetadata([("a", "1")]))
    }

    // MARK: The status

    @Test func noStatusAtAll() async throws {
        let frames: [[RawFrame]] = [
            [Self.head(), .data(framed([1]), endStream: true)],
            [Self.head(), .data(framed([1])), Self.trailers([("grpc-message", "error")])],
            [Self.head(endStream: true)],
            // A status in the first list counts only when it is the last one, too.
            [Self.head(adding: [("grpc-status", "0")]), .data(framed([1]), endStream: true)],
            [
                Self.head(adding: [("grpc-status", "9")]), .data(framed([1])),
                Self.trailers([("a", "b")]),
            ],
        ]
        for frames in frames {
            let error = try await error(frames)
            #expect(error?.code == .unknown)
            #expect(error?.message == "the server ended the call without a grpc-status")
        }
    }

    @Test func theTrailersHaveTheLastWord() async throws {
        let error = try await error([
            Self.head(adding: [("grpc-status", "8")]), .data(framed([1])),
            Self.trailers([("grpc-status", "9"), ("foo", "bar")]),
        ])
        #expect(error?.code == .failedPrecondition)
        #expect(error?.metadata["foo"] == "bar")
    }

    @Test(arguments: ["17", "99", "100000", "-1", "x", ""])
    func anUnknownStatusIsUnknown(text: String) async throws {
        for endStream in [true, false] {
            let fields = [("grpc-status", text), ("a", "1")]
            let error = try await error(
                endStream
                    ? [Self.head(adding: fields, endStream: true)]
                    : [Self.head(), Self.trailers(fields)])
            #expect(error?.code == .unknown)
            #expect(error?.message.contains("grpc-status is unknown: \(text)") == true)
            #expect(error?.metadata["a"] == "1")
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("%E2%82%AC", "€"), ("100%", "100%"), ("%zz", "%zz"),
        ("%ff", "\u{FFFD}"),
    ])
    func messagesAreReadAsFarAsTheyCanBe(text: String, message: String) async throws {
        let error = try await error([
            Self.head(adding: [("grpc-status", "2"), ("grpc-message", text)], endStream: true)
        ])
        #expect(error?.message == message)
    }

    @Test(arguments: ["CAUSAm5v", "CAUSAm5vGgA", "CAUSAm5vGgA="])
    func detailsMayBePadded(text: String) async throws {
        let details = try #require(Base64.decode(text.utf8))
        let fields = [("grpc-status", "5"), ("grpc-status-details-bin", text)]
        for frames in [
            [Self.head(adding: fields, endStream: true)], [Self.head(), Self.trailers(fields)],
        ] {
            let error = try await error(frames)
            #expect(error?.code == .notFound)
            #expect(error?.details == details)
        }
    }

    @Test func brokenDetailsDoNotHideTheStatus() async throws {
        let error = try await error([
            Self.head(
                adding: [
                    ("grpc-status", "5"), ("grpc-message", "gone"),
                    ("grpc-status-details-bin", "*"),
                ], endStream: true)
        ])
        #expect(error?.code == .notFound)
        #expect(error?.message == "gone")
        #expect(error?.details == nil)
    }

    @Test func brokenMetadataIsAStatusWhenThereIsNoWorse() async throws {
        let broken = ("a-bin", "*")
        let inHead = try await error([Self.head(adding: [broken]), .data(framed([1]))])
        #expect(inHead?.code == .internal)
        #expect(inHead?.message == "the server's field a-bin is not base64")
        let inTrailers = try await error([
            Self.head(), .data(framed([1])), Self.trailers([("grpc-status", "0"), broken]),
        ])
        #expect(inTrailers?.code == .internal)
        let withStatus = try await error([
            Self.head(), Self.trailers([("grpc-status", "5"), broken]),
        ])
        #expect(withStatus?.code == .notFound)
    }

    @Test func oversizedFieldsAreRefused() async throws {
        var limits = RPCLimits()
        limits.headerListBytesMax = 1_000
        let long = String(repeating: "x", count: 1_000)
        let inHead = try await error(
            limits: limits, [Self.head(adding: [("a", long)]), .data(framed([1]))])
        #expect(inHead?.code == .resourceExhausted)
        let inTrailers = try await error(
            limits: limits,
            [Self.head(), .data(framed([1])), Self.trailers([("grpc-status", "0"), ("a", long)])])
        #expect(inTrailers?.code == .resourceExhausted)
        let message = try await error(
            limits: limits,
            [Self.head(), Self.trailers([("grpc-status", "5"), ("grpc-message", long)])])
        #expect(message?.code == .notFound)
        #expect(message?.message == "")
    }

    // MARK: Messages and resets

    @Test(arguments: chunkSizes)
    func theNumberOfResponses(chunk: Int) async throws {
        let ok = Self.trailers([("grpc-status", "0")])
        let none = try await error([Self.head(), ok])
        #expect(none?.code == .unimplemented)
        #expect(none?.message == "the server sent no response, not one")
        let statusAlone = try await error([
            Self.head(adding: [("grpc-status", "0")], endStream: true)
        ])
        #expect(statusAlone?.code == .unimplemented)
        let two = try await error(
            [Self.head()] + .data(framed([1]) + framed([2]), cutTo: chunk) + [ok])
        #expect(two?.code == .unimplemented)
        #expect(two?.message == "the server sent several responses, not one")
        let withStatus = try await error([
            Self.head(), .data(framed([1])), Self.trailers([("grpc-status", "10")]),
        ])
        #expect(withStatus?.code == .aborted)
    }

    @Test(arguments: chunkSizes)
    func aMessageThatIsCut(chunk: Int) async throws {
        for body in [[0, 0, 0], Array(framed([1, 2, 3]).dropLast())] {
            let data = [RawFrame].data(body, cutTo: chunk)
            let cut = try await error(
                [Self.head()] + data + [Self.trailers([("grpc-status", "0")])])
            #expect(cut?.code == .internal)
            #expect(cut?.message == "the stream ended in the middle of a message")
            // The server's own reason says more.
            let failed = try await error(
                [Self.head()] + data + [Self.trailers([("grpc-status", "15")])])
            #expect(failed?.code == .dataLoss)
        }
    }

    @Test func aFlagThatDoesNotExist() async throws {
        let error = try await error([
            Self.head(), .data(framed([1], flag: 2)), Self.trailers([("grpc-status", "0")]),
        ])
        #expect(error?.code == .internal)
    }

    @Test(arguments: [
        (UInt8(0), RPCStatus.Code.internal), (1, .internal), (2, .internal), (3, .internal),
        (4, .internal), (6, .internal), (7, .unavailable), (8, .cancelled), (9, .internal),
        (10, .internal), (11, .resourceExhausted), (12, .permissionDenied), (99, .unknown),
    ])
    func resets(reset: UInt8, code: RPCStatus.Code) async throws {
        let frame = RawFrame(.reset, stream: 1, payload: [0, 0, 0, reset])
        for frames in [[frame], [Self.head(), .data(framed([1])), frame]] {
            let error = try await error(frames)
            #expect(error?.code == code)
            // RFC 9113 §8.7: what is refused was not begun.
            let isUnread = reset == 7 && frames.count == 1
            #expect((error?.cause as? ClientFailure == .notProcessed) == isUnread)
        }
    }

    @Test func aResetAfterTheStatusChangesNothing() async throws {
        let answer = try await RawServer.response {
            try await $0.send(
                Self.head(), .data(framed([1])), Self.trailers([("grpc-status", "0")]),
                RawFrame(.reset, stream: 1, payload: [0, 0, 0, 0]))
        }
        #expect(try answer.get().message == [1])
    }
}
