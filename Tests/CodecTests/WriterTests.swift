import AuditModel
import Codec
import Testing

@Suite("Writers of answers")
struct WriterTests {
    private let payloads = [Event.full, Event(), Event(id: "x")].map { $0.encoded() }

    @Test("pages")
    func pages() throws {
        var writer = QueryResponseWriter()
        for payload in payloads { payload.withUnsafeBytes { writer.append($0) } }
        #expect(writer.count == 3)
        let unreadable = [SequenceRange(first: Sequence(1), last: Sequence(.max))]
        let bound = writer.bytesMax(appending: 0)
        let bytes = writer.finish(
            nextPageToken: "token", scannedThrough: Sequence(9), oldest: Sequence(2),
            unreadable: unreadable)
        let response = QueryResponse(
            events: [.full, Event(), Event(id: "x")], nextPageToken: "token",
            scannedThrough: Sequence(9), oldestSequence: Sequence(2), unreadable: unreadable)
        #expect(try QueryResponse(decoding: bytes) == response)
        #expect(bytes == response.encoded())
        #expect(bytes.count <= bound)
    }

    @Test("pages stay under their bound at the worst, and cover every unreadable range")
    func pageBound() throws {
        var writer = QueryResponseWriter()
        let payload = [UInt8](Event(change: String(repeating: "x", count: 300)).encoded())
        let bound = writer.bytesMax(appending: payload.count)
        payload.withUnsafeBytes { writer.append($0) }
        let ranges = (0..<200).map { index in
            let first = UInt64.max - 2 * UInt64(index) - 1
            return SequenceRange(first: Sequence(first), last: Sequence(first))
        }
        let bytes = writer.finish(
            nextPageToken: String(repeating: "t", count: 1_024), scannedThrough: Sequence(.max),
            oldest: Sequence(.max), unreadable: ranges)
        #expect(bytes.count <= bound)
        let response = try QueryResponse(decoding: bytes)
        #expect(response.unreadable.count == 100)
        for range in ranges {
            #expect(
                response.unreadable.contains { $0.first <= range.first && range.last <= $0.last })
        }
    }

    @Test("feeds", arguments: [0, 1, 3, 200])
    func feeds(count: Int) throws {
        var writer = EventsMessageWriter()
        let payload = Event.full.encoded()
        for _ in 0..<count {
            let bound = writer.bytesMax(appending: payload.count)
            payload.withUnsafeBytes { writer.append($0) }
            #expect(writer.bytesMax(appending: 0) - 2 <= bound)
        }
        #expect(writer.count == count)
        let bound = writer.bytesMax(appending: 0)
        let bytes = writer.finish()
        let response = SubscribeResponse.events(Array(repeating: .full, count: count))
        #expect(bytes == response.encoded())
        #expect(bytes.count <= bound)
    }

    @Test("results")
    func results() throws {
        var writer = RecordResponseWriter(count: 3)
        let id = EventID(high: 1, low: 2)
        let time = Timestamp(seconds: 1_700_000_000, nanoseconds: 999_999_999)!
        writer.append(id: id, sequence: Sequence(.max), recordedAt: time, duplicate: true)
        writer.append(error: status, id: nil)
        writer.append(error: status, id: id)
        writer.append(id: id, sequence: Sequence(1), recordedAt: .epoch, duplicate: false)
        let text = id.description
        let response = RecordResponse(results: [
            RecordResult(id: text, sequence: Sequence(.max), recordedAt: time, duplicate: true),
            RecordResult(error: status), RecordResult(id: text, error: status),
            RecordResult(id: text, sequence: Sequence(1), recordedAt: .epoch),
        ])
        let bytes = writer.finish()
        #expect(bytes == response.encoded())
        #expect(try RecordResponse(decoding: bytes) == response)
        #expect(RecordResponseWriter(count: 0).finish() == [])
    }

    @Test("statuses with a time to come again")
    func statuses() {
        let delays: [Duration?] = [
            nil, .zero, .nanoseconds(1), .milliseconds(1_500), .seconds(3_600), .seconds(-1),
        ]
        for (code, message) in [(Int32(8), "come again"), (0, ""), (-1, "é")] {
            for delay in delays {
                let status = StatusDetails(code: code, message: message, retryDelay: delay)
                let bytes = StatusDetailsWriter.encode(
                    code: code, message: message, retryDelay: delay)
                #expect(bytes == status.encoded(), "\(status)")
            }
        }
    }

    @Test("look-ups")
    func lookUps() {
        func encode(_ previous: [UInt8]?, _ unknown: Bool) -> [UInt8] {
            payloads[0].withUnsafeBytes { event in
                guard let previous else {
                    return GetEventResponseWriter.encode(
                        event: .init(event), previous: nil, differences: [],
                        previousUnknown: unknown)
                }
                return previous.withUnsafeBytes {
                    GetEventResponseWriter.encode(
                        event: .init(event), previous: .init($0), differences: [difference],
                        previousUnknown: unknown)
                }
            }
        }
        #expect(
            encode(nil, true) == GetEventResponse(event: .full, previousUnknown: true).encoded())
        #expect(
            encode(payloads[2], false)
                == GetEventResponse(
                    event: .full, previous: Event(id: "x"), differences: [difference]
                ).encoded())
    }

    @Test("an event that is given another sequence is decoded with that one")
    func anotherSequence() throws {
        for sequence in [1, 127, 128, UInt64.max].map({ Sequence($0) }) {
            var expected = Event.full
            expected.sequence = sequence
            try payloads[0].withUnsafeBytes { payload in
                var events = EventsMessageWriter()
                #expect(events.bytesMax(appending: payload.count) >= payload.count + 20)
                events.append(payload, sequence: sequence)
                #expect(events.lastSequence == nil, "the place of who reads all is known otherwise")
                #expect(
                    try SubscribeResponse(decoding: events.finish()) == .events([expected]))
                var page = QueryResponseWriter()
                page.append(payload, sequence: sequence)
                let bytes = page.finish(
                    nextPageToken: "", scannedThrough: .zero, oldest: .zero, unreadable: [])
                #expect(try QueryResponse(decoding: bytes).events == [expected])
                let found = GetEventResponseWriter.encode(
                    event: .init(payload, sequence: sequence),
                    previous: .init(payload, sequence: sequence), differences: [],
                    previousUnknown: false)
                let lookup = try GetEventResponse(decoding: found)
                #expect(lookup.event == expected && lookup.previous == expected)
            }
        }
    }

    @Test("the sequence of the last event is read from its payload")
    func lastSequence() {
        var events = EventsMessageWriter()
        #expect(events.lastSequence == nil)
        for payload in payloads {
            payload.withUnsafeBytes { events.append($0) }
            #expect(
                events.lastSequence
                    == payload.withUnsafeBytes { ServerFields.sequence(of: $0) })
        }
        let full = payloads[0].withUnsafeBytes { ServerFields.sequence(of: $0) }
        #expect(full == Event.full.sequence && full != nil)
    }
}
