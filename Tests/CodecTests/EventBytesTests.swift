import AuditModel
import Codec
import Testing

private let now = Timestamp(seconds: 1_700_000_100, nanoseconds: 0)!

/// Bytes that protobuf-c takes and other readers of the stored event would not, or would read as
/// something else.
@Suite("The bytes of recorded events")
struct EventBytesTests {
    /// No field of a message: protobuf's other parsers refuse the whole message.
    private static let illegal: [[UInt8]] = [
        // Field number 0, also in two bytes.
        [0x00, 0x01], [0x80, 0x00, 0x01], [0x02, 0x01, 0x00], [0x05, 0, 0, 0, 0],
        // Field number 2^29.
        [0x80, 0x80, 0x80, 0x80, 0x10, 0x01], [0xF8, 0xFF, 0xFF, 0xFF, 0x7F, 0x01],
        // Groups, and the wire types 6 and 7.
        [0x93, 0x06, 0x94, 0x06], [0x93, 0x06], [0x94, 0x06], [0x96, 0x06, 0], [0x97, 0x06, 0],
        // A varint of more than 64 bits.
        [0x98, 0x06, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
    ]

    /// Fields of a later version: of each wire type, and the greatest number.
    private static let unknown: [[UInt8]] = [
        [0x98, 0x06, 0x01],
        [0x98, 0x06, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8],
        // Its content is nobody's business.
        [0x9A, 0x06, 2, 0x00, 0x01], [0x9D, 0x06, 1, 2, 3, 4],
        [0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x01],
    ]

    /// The fields of an event that are messages, with something that is valid in them.
    private static let nested: [(tag: UInt8, content: [UInt8])] = [
        (0x1A, [0x08, 1]), (0x2A, [0x0A, 1, 0x54, 0x12, 1, 0x69]),
        (0x32, [0x0A, 1, 0x54, 0x12, 1, 0x69]), (0x3A, [0x08, 1, 0x12, 1, 0x69]),
        (0x42, [0x08, 1, 0x12, 1, 0x69]), (0x72, [0x12, 1, 0x75]), (0x7A, [0x0A, 1, 0x6B]),
    ]

    @Test("that are no protobuf are refused", arguments: illegal)
    func illegalFields(_ bytes: [UInt8]) {
        #expect(fault(event() + bytes)?.code == .malformed)
        #expect(fault(bytes + event())?.code == .malformed)
        for field in Self.nested {
            #expect(
                fault(event(field.tag, field.content + bytes))?.code == .malformed,
                "in field \(field.tag >> 3)")
        }
        // recorded_at is the server's, yet no place to hide anything either.
        #expect(fault(event() + [0x8A, 0x01, UInt8(bytes.count)] + bytes)?.code == .malformed)
        // In the request itself.
        #expect(
            fault(request: RecordRequest(events: [.sent]).encoded() + bytes)?.code == .malformed)
    }

    @Test("refuse the request, also with partial success, and name the event")
    func message() {
        let poisoned = event() + [0x00, 0x01]
        let request =
            RecordRequest(events: [.sent], partialSuccess: true).encoded()
            + [0x12, UInt8(poisoned.count)] + poisoned
        #expect(
            fault(request: request)?.message
                == "the bytes of events[1] are not a valid auditrpc.v1.Event message")
    }

    @Test("keep the fields of later versions", arguments: unknown)
    func unknownFields(_ bytes: [UInt8]) throws {
        let plain = try stored(event())
        #expect(try stored(event() + bytes) == plain + bytes)
        for field in Self.nested where field.tag != 0x1A {
            let content = field.content + bytes
            let expected = [field.tag, UInt8(content.count)] + content
            #expect(
                try stored(event(field.tag, content)).contains(expected),
                "in field \(field.tag >> 3)")
        }
        let ahead = RecordRequest(events: [.sent]).encoded()
        #expect(fault(request: ahead + bytes) == nil)
    }

    @Test("say each message once, since readers would merge what protobuf-c replaces")
    func repeatedMessages() {
        // occurred_at { seconds }, occurred_at { nanos }
        let split: [UInt8] = [0x1A, 2, 0x08, 1, 0x1A, 2, 0x10, 5]
        #expect(fault(event() + split)?.message == "events[0].occurred_at: is given more than once")
        for (tag, name): (UInt8, String) in [
            (0x2A, "target"), (0x3A, "actor"), (0x72, "context"),
        ] {
            // Empty ones too.
            #expect(
                fault(event(0x72, []) + [tag, 0])?.message
                    == "events[0].\(name): is given more than once")
        }
        #expect(
            fault(event() + [0x8A, 0x01, 0, 0x8A, 0x01, 0])?.message
                == "events[0].recorded_at: is given more than once")
    }

    @Test("that repeat a message are one rejection with partial success")
    func repeatedMessageAlone() throws {
        let twice = event() + [0x3A, 0]
        let request =
            RecordRequest(events: [.sent], partialSuccess: true).encoded()
            + [0x12, UInt8(twice.count)] + twice
        let prepared = try RecordDecoder.decode(request, now: now)
        #expect(prepared.events.map(\.rejection) == [nil, 0])
        #expect(
            prepared.rejections.map(\.message) == ["events[1].actor: is given more than once"])
    }

    @Test("may repeat a plain field: the last one stands")
    func repeatedScalars() throws {
        let event = try Event(decoding: stored(event() + [0x22, 1, 0x59, 0x60, 2, 0x60, 3]))
        #expect(event.eventType == "Y")
        #expect(event.outcome == .denied)
    }

    // MARK: - Events as bytes

    /// The least event, with the field `tag` (in place of its own, where it has one).
    private func event(_ tag: UInt8 = 0, _ content: [UInt8] = []) -> [UInt8] {
        var bytes: [UInt8] = [0x12, 1, 0x6F, 0x22, 1, 0x58]
        for field in Self.nested where (field.tag == 0x2A || field.tag == 0x3A) && field.tag != tag
        {
            bytes += [field.tag, UInt8(field.content.count)] + field.content
        }
        return tag == 0 ? bytes : bytes + [tag, UInt8(content.count)] + content
    }

    private func stored(_ event: [UInt8]) throws(CodecError) -> [UInt8] {
        try RecordDecoder.decode([0x12, UInt8(event.count)] + event, now: now).bytes
    }

    private func fault(_ event: [UInt8]) -> CodecError? {
        fault(request: [0x12, UInt8(event.count)] + event)
    }

    private func fault(request: [UInt8]) -> CodecError? {
        do throws(CodecError) {
            _ = try RecordDecoder.decode(request, now: now)
            return nil
        } catch {
            return error
        }
    }
}
