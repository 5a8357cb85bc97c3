import AuditModel
import Codec
import TestSupport
import Testing

private let now = Timestamp(seconds: 1_700_000_100, nanoseconds: 0)!

private func decode(_ request: RecordRequest) throws(CodecError) -> PreparedRequest {
    try RecordDecoder.decode(request.encoded(), now: now)
}

@Suite("Record requests")
struct RecordDecoderTests {
    @Test("become canonical bytes with what the caller left out")
    func canonical() throws {
        var bare = Event.sent
        bare.id = ""
        bare.organizationID = ""
        bare.occurredAt = nil
        bare.outcome = .unspecified
        let request = RecordRequest(organizationID: "umbrella", events: [.full, bare])
        let prepared = try decode(request)
        #expect(prepared.rejections.isEmpty)
        #expect(prepared.events.map(\.idWasGiven) == [true, false])
        #expect(prepared.events[0].occurredAt == Event.full.occurredAt)
        #expect(prepared.events[1].occurredAt == nil)
        #expect(prepared.events[1].id == EventID(high: 1, low: 1))
        var stored = bare
        stored.id = EventID(high: 1, low: 1).description
        stored.organizationID = "umbrella"
        stored.outcome = .success
        // The first without the server's fields, which a caller cannot set.
        for (index, expected) in [Event.sent, stored].enumerated() {
            let event = prepared.events[index]
            #expect(try Event(decoding: Array(prepared.bytes[event.payload])) == expected)
            #expect(
                Array(prepared.bytes[event.organization]) == Array(expected.organizationID.utf8))
            #expect(event.id.description == expected.id)
        }
        #expect(prepared.events[0].payload.upperBound == prepared.events[1].payload.lowerBound)
        #expect(prepared.events[1].payload.upperBound == prepared.bytes.count)
    }

    @Test("have bounds that are known before their events are looked into")
    func bounds() throws {
        var bare = Event.sent
        (bare.id, bare.organizationID, bare.source) = ("", "", "")
        bare.outcome = .unspecified
        let defaults = RecordDefaults(
            organization: Array("umbrella".utf8),
            actor: Event.Actor(type: .user, id: String(repeating: "u", count: 300)),
            source: "a source that every event has")
        for events in [[bare], [bare, .full, bare]] {
            let message = RecordRequest(events: events, partialSuccess: true).encoded()
            try message.withUnsafeBytes { message in
                let envelope = try RecordEnvelope(message)
                #expect(envelope.eventCount == events.count && envelope.partialSuccess)
                let prepared = try RecordDecoder.decode(
                    envelope, now: now, defaults: defaults, makeID: { EventID(high: 1, low: 1) })
                #expect(prepared.rejections.isEmpty)
                #expect(prepared.bytes.count <= envelope.payloadBytesMax(defaults))
            }
        }
    }

    @Test("have the same canonical bytes however they were encoded")
    func encodings() throws {
        let event = Event.sent
        var upper = event
        upper.id = event.id.uppercased()
        let payload = try decode(RecordRequest(events: [event])).bytes
        #expect(try decode(RecordRequest(events: [upper])).bytes == payload)
        // Fields in another order: the encoded event from its middle on, split at a field's start.
        var metadata: [[UInt8]] = []
        for (key, value) in [("b", "2"), ("a", "1")] {
            metadata.append([0x7A, 6, 0x0A, 1] + Array(key.utf8) + [0x12, 1] + Array(value.utf8))
        }
        var bare = event
        bare.metadata = [:]
        let shuffled = metadata.flatMap { $0 } + bare.encoded()
        #expect(try decode(wrapped(shuffled)).bytes == payload)
        // Canonical bytes are their own canonical form.
        #expect(try decode(wrapped(payload)).bytes == payload)
        // A field of a later version stays, behind the others.
        let unknown: [UInt8] = [0x98, 0x06, 0x01]
        #expect(try decode(wrapped(unknown + event.encoded())).bytes == payload + unknown)
    }

    @Test("keep their canonical bytes over any event")
    func stable() throws {
        let seed: UInt64 = 0x5EED_0002
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<2_000 {
            let event = randomEvent(&random)
            guard let first = try? decode(RecordRequest(events: [event])) else { continue }
            accepted += 1
            let again = try decode(wrapped(first.bytes))
            #expect(again.bytes == first.bytes, "seed \(seed)")
        }
        #expect(accepted > 100, "seed \(seed)")
    }

    @Test("that cannot be read are refused as a whole, also with partial success")
    func malformed() {
        for bytes: [UInt8] in [
            [0x12], [0x12, 0x05, 1], [0x08, 1], [0x13], [0x12, 2, 0x0A, 9], [0x1A, 0], [0],
            [0x18, 1, 0x12, 2, 0x0A, 9],
        ] {
            #expect {
                try RecordDecoder.decode(bytes, now: now)
            } throws: {
                ($0 as? CodecError)?.code == .malformed
            }
        }
    }

    @Test("that would take far more memory than their bytes are refused")
    func amplification() {
        let scope = [[UInt8]](repeating: [0x32, 0], count: 100_000).flatMap { $0 }
        #expect(throws: CodecError.self) { try decode(wrapped(scope)) }
        let events = [[UInt8]](repeating: [0x12, 0], count: 1_000_000).flatMap { $0 }
        #expect {
            try RecordDecoder.decode(events, now: now)
        } throws: {
            ($0 as? CodecError)?.message
                == "events: has 1,000,000 events; at most 1,000 in one request are allowed"
        }
    }

    @Test("name at most twenty faults, and say how many more there are")
    func manyFaults() {
        let request = RecordRequest(
            organizationID: "acme", events: Array(repeating: Event(), count: 30))
        #expect {
            try decode(request)
        } throws: { error in
            let error = error as? CodecError
            return error?.violations.count == 20
                && error?.message == "events[0].event_type: is required (and 89 more)"
        }
    }

    @Test("with partial success give each refused event its faults and prepare the others")
    func partialSuccess() throws {
        var bad = Event.sent
        bad.target.id = ""
        bad.actor.type = .unspecified
        var large = Event.sent
        large.snapshot = Array("\"\(String(repeating: "x", count: 262_144))\"".utf8)
        let request = RecordRequest(
            events: [.sent, bad, .sent, large, Event()], partialSuccess: true)
        let prepared = try decode(request)
        #expect(prepared.partialSuccess)
        #expect(prepared.events.map(\.rejection) == [nil, 0, nil, 1, 2])
        #expect(
            prepared.rejections.map(\.message) == [
                "events[1].target.id: is required (and 1 more)",
                "events[3]: is \(grouped(large.encoded().count)) bytes long; "
                    + "at most 262,144 are allowed",
                "events[4].organization_id: is required, in the event or in the request (and 3 more)",
            ])
        let payloads = prepared.events.map { Array(prepared.bytes[$0.payload]) }
        #expect(payloads[0] == payloads[2])
        #expect(payloads[1].isEmpty)
        #expect(prepared.bytes.count == payloads[0].count * 2)
    }

    private func grouped(_ number: Int) -> String {
        let text = String(number)
        return text.dropLast(3) + "," + text.suffix(3)
    }

    /// A request of one event that is encoded already.
    private func wrapped(_ event: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = event.count
        while rest >= 0x80 {
            length.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return [0x12] + length + [UInt8(rest)] + event
    }

    private func decode(_ bytes: [UInt8]) throws(CodecError) -> PreparedRequest {
        try RecordDecoder.decode(bytes, now: now)
    }

    private func decode(_ request: RecordRequest) throws(CodecError) -> PreparedRequest {
        try RecordDecoder.decode(request.encoded(), now: now)
    }
}

@Suite("Limits of events")
struct EventLimitTests {
    /// What is wrong with the event, without "events[0]." in front.
    private func faults(_ change: (inout Event) -> Void) -> [String] {
        var event = Event.sent
        change(&event)
        do throws(CodecError) {
            _ = try decode(RecordRequest(events: [event]))
            return []
        } catch {
            return error.violations.map { String($0.description.dropFirst("events[0].".count)) }
        }
    }

    private func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test("strings of 1,024 bytes")
    func strings() {
        let fields: [(String, WritableKeyPath<Event, String>)] = [
            ("event_type", \.eventType), ("target.type", \.target.type),
            ("target.id", \.target.id), ("target.name", \.target.name),
            ("scope[1].type", \.scope[1].type), ("scope[1].id", \.scope[1].id),
            ("scope[1].name", \.scope[1].name), ("actor.id", \.actor.id),
            ("actor.name", \.actor.name), ("on_behalf_of[0].id", \.onBehalfOf[0].id),
            ("on_behalf_of[0].name", \.onBehalfOf[0].name), ("source", \.source),
            ("reason", \.reason), ("context.ip_address", \.context.ipAddress),
            ("context.user_agent", \.context.userAgent),
            ("context.request_id", \.context.requestID),
            ("context.traceparent", \.context.traceparent),
        ]
        for (name, field) in fields {
            #expect(faults { $0[keyPath: field] = text(1_024) } == [])
            #expect(
                faults { $0[keyPath: field] = text(1_025) }
                    == ["\(name): is 1,025 bytes long; at most 1,024 are allowed"])
            #expect(
                faults { $0[keyPath: field] = "12345678\09" } == ["\(name): has a NUL at byte 8"])
        }
        #expect(faults { $0.change = text(4_096) } == [])
        #expect(
            faults { $0.change = text(4_097) }
                == ["change: is 4,097 bytes long; at most 4,096 are allowed"])
    }

    @Test("required fields")
    func required() {
        #expect(faults { $0.eventType = "" } == ["event_type: is required"])
        #expect(faults { $0.target = Event.Target() } == ["target: is required"])
        #expect(faults { $0.target.type = "" } == ["target.type: is required"])
        #expect(faults { $0.target.id = "" } == ["target.id: is required"])
        #expect(faults { $0.actor = Event.Actor() } == ["actor: is required"])
        #expect(faults { $0.actor.type = .unspecified } == ["actor.type: is required"])
        #expect(faults { $0.actor.id = "" } == ["actor.id: is required"])
        #expect(
            faults { $0.onBehalfOf[0].type = .unspecified } == ["on_behalf_of[0].type: is required"]
        )
        #expect(faults { $0.scope[0].type = "" } == ["scope[0].type: is required"])
        #expect(faults { $0.scope[1].id = "" } == ["scope[1].id: is required"])
        #expect(
            faults { $0.organizationID = "" }
                == ["organization_id: is required, in the event or in the request"])
        #expect(faults { $0.source = "" } == [])
    }

    @Test("organizations of 128 bytes")
    func organizations() throws {
        #expect(faults { $0.organizationID = text(128) } == [])
        #expect(
            faults { $0.organizationID = text(129) }
                == ["organization_id: is 129 bytes long; at most 128 are allowed"])
        #expect {
            try decode(
                RecordRequest(organizationID: text(129), events: [.sent], partialSuccess: true))
        } throws: {
            ($0 as? CodecError)?.message
                == "organization_id: is 129 bytes long; at most 128 are allowed"
        }
        // Found behind a length of two bytes as well.
        var event = Event.sent
        event.organizationID = text(128)
        let prepared = try decode(RecordRequest(events: [event]))
        #expect(Array(prepared.bytes[prepared.events[0].organization]) == Array(text(128).utf8))
    }

    @Test("ids")
    func ids() {
        #expect(faults { $0.id = "0190F5FE-7C00-7A00-8000-00000000000F" } == [])
        for id in ["x", "0190f5fe7c007a008000000000000001", Event.full.id + "0"] {
            #expect(
                faults { $0.id = id }
                    == ["id: is not a UUID in its 36-character form (\(id.count) bytes long)"])
        }
    }

    @Test("lists")
    func lists() {
        let resource = Event.Resource(type: "T", id: "i")
        let actor = Event.Actor(type: .user, id: "i")
        #expect(faults { $0.scope = Array(repeating: resource, count: 8) } == [])
        #expect(
            faults { $0.scope = Array(repeating: resource, count: 9) }
                == ["scope: has 9 resources; at most 8 are allowed"])
        #expect(faults { $0.onBehalfOf = Array(repeating: actor, count: 8) } == [])
        #expect(
            faults { $0.onBehalfOf = Array(repeating: actor, count: 9) }
                == ["on_behalf_of: has 9 actors; at most 8 are allowed"])
    }

    @Test("metadata")
    func metadata() {
        func pairs(_ count: Int) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (0..<count).map { ("k\($0)", "v") })
        }
        #expect(faults { $0.metadata = pairs(64) } == [])
        #expect(
            faults { $0.metadata = pairs(65) }
                == ["metadata: has 65 pairs; at most 64 are allowed"])
        #expect(faults { $0.metadata = [text(1_024): text(1_024)] } == [])
        #expect(
            faults { $0.metadata = [text(1_025): text(1_025)] } == [
                "metadata[0].key: is 1,025 bytes long; at most 1,024 are allowed",
                "metadata[0].value: is 1,025 bytes long; at most 1,024 are allowed",
            ])
        #expect(faults { $0.metadata = ["": "v"] } == ["metadata[0].key: is required"])
        let twice: [UInt8] = [0x7A, 3, 0x0A, 1, 0x61]
        let event = Event.sent.encoded() + twice + twice
        let request: [UInt8] =
            [0x12, UInt8(event.count & 0x7F | 0x80), UInt8(event.count >> 7)] + event
        #expect {
            try RecordDecoder.decode(request, now: now)
        } throws: {
            ($0 as? CodecError)?.violations.first?.description
                == "events[0].metadata[2].key: is the same as that of metadata[0]"
        }
    }

    @Test("times")
    func times() {
        #expect(faults { $0.occurredAt = .epoch } == [])
        #expect(faults { $0.occurredAt = now.advanced(by: .seconds(300)) } == [])
        #expect(
            faults { $0.occurredAt = Timestamp(nanosecondsSinceEpoch: -1) } == [
                "occurred_at: is 1969-12-31T23:59:59.999999999Z; nothing before 1970 is accepted"
            ])
        #expect(
            faults { $0.occurredAt = now.advanced(by: .seconds(300) + .nanoseconds(1)) } == [
                "occurred_at: is 2023-11-14T22:20:00.000000001Z, more than 5 minutes after the "
                    + "server's clock (2023-11-14T22:15:00Z)"
            ])
    }

    @Test("snapshots")
    func snapshots() {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(faults { $0.snapshot = [] } == [])
        #expect(faults { $0.snapshot = nested(128) } == [])
        #expect(
            faults { $0.snapshot = nested(129) }
                == ["snapshot: is not valid JSON: nested more than 128 deep at byte 128"])
        #expect(
            faults { $0.snapshot = Array("{'a':1}".utf8) }
                == ["snapshot: is not valid JSON: unexpected ''' at byte 1"])
        #expect(
            faults { $0.snapshot = [0x22, 0xFF, 0x22] }
                == ["snapshot: is not valid JSON: not UTF-8 at byte 1"])
    }

    @Test("sizes and numbers")
    func sizes() throws {
        var event = Event.sent
        event.snapshot = []
        // The snapshot's tag and a length of three bytes.
        let room = 262_144 - event.encoded().count - 4
        event.snapshot = Array("\"\(text(room - 2))\"".utf8)
        #expect(event.encoded().count == 262_144)
        #expect(faults { $0 = event } == [])
        event.snapshot.insert(0x78, at: 1)
        #expect {
            try decode(RecordRequest(events: [event]))
        } throws: {
            ($0 as? CodecError)?.message
                == "events[0]: is 262,145 bytes long; at most 262,144 are allowed"
        }
        var small = Event.sent
        small.id = ""
        #expect(
            try decode(RecordRequest(events: Array(repeating: small, count: 1_000))).events.count
                == 1_000)
        for (count, fault) in [
            (0, "events: is required: 1 to 1,000 events"),
            (1_001, "events: has 1,001 events; at most 1,000 in one request are allowed"),
        ] {
            #expect {
                try decode(RecordRequest(events: Array(repeating: small, count: count)))
            } throws: {
                ($0 as? CodecError)?.message == fault
            }
        }
    }

    @Test("enumerations and texts that no Swift value can hold")
    func wire() {
        let actor: [UInt8] = [0x3A, 5, 0x08, 9, 0x12, 1, 0x69]
        let target: [UInt8] = [0x2A, 6, 0x0A, 1, 0xFF, 0x12, 1, 0x69]
        let type: [UInt8] = [0x22, 2, 0xC3, 0x28]
        let event = type + target + actor + [0x60, 9]
        let request = [0x0A, 1, 0x6F, 0x12, UInt8(event.count)] + event
        #expect {
            try RecordDecoder.decode(request, now: now)
        } throws: {
            ($0 as? CodecError)?.violations.map(\.description) == [
                "events[0].event_type: is not valid UTF-8 at byte 0",
                "events[0].target.type: is not valid UTF-8 at byte 0",
                "events[0].actor.type: has the unknown value 9; known are 1 (USER), "
                    + "2 (API_TOKEN), 3 (SERVICE), 4 (SYSTEM), 5 (AGENT)",
                "events[0].outcome: has the unknown value 9; known are 1 (SUCCESS), "
                    + "2 (FAILURE), 3 (DENIED)",
            ]
        }
    }
}
