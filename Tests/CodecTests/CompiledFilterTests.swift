import AuditModel
import Codec
import TestSupport
import Testing

@Suite("Compiled filters")
struct CompiledFilterTests {
    @Test("agree with a plain reading of the filter")
    func oracle() {
        let seed: UInt64 = 0x5EED_0003
        var random = SeededGenerator(seed: seed)
        var matched = 0
        for _ in 0..<20_000 {
            let filter = randomFilter(&random)
            let event = randomEvent(&random)
            let organization = Bool.random(using: &random) ? "acme" : nil
            let compiled = CompiledFilter(filter, organization: organization.map { Array($0.utf8) })
            let expected =
                (organization == nil || organization == event.organizationID)
                && plainlyMatches(filter, event)
            let actual = withView(of: event) { compiled.matches($0) }
            if actual != expected {
                Issue.record("seed \(seed): \(filter) and \(event): \(actual)")
            }
            matched += actual ? 1 : 0
        }
        #expect((2_000...18_000).contains(matched), "seed \(seed): both answers must occur")
    }

    private func randomFilter(_ random: inout SeededGenerator) -> EventFilter {
        func some(_ values: [String]) -> [String] {
            guard Int.random(in: 0..<6, using: &random) == 0 else { return [] }
            return (0..<Int.random(in: 1...2, using: &random)).map { _ in
                values.randomElement(using: &random)!
            }
        }
        let ids = ["a", "B", "b", "api", "ünï", "none"]
        return EventFilter(
            eventTypes: some(["CREATE", "UPDATE", "create"]), targetTypes: some(["SERVICE"]),
            targetIDs: some(ids),
            scopes: some(ids).map {
                EventFilter.ScopeFilter(
                    type: ["", "PROJECT"].randomElement(using: &random)!, id: $0)
            },
            actorIDs: some(ids),
            actorTypes: some(["x"]).map { _ in ActorType.allCases.randomElement(using: &random)! },
            sources: some(["CLI", "API"]),
            outcomes: some(["x"]).map { _ in Outcome.allCases.randomElement(using: &random)! },
            since: Int.random(in: 0..<4, using: &random) == 0
                ? Timestamp(nanosecondsSinceEpoch: 2) : nil,
            until: Int.random(in: 0..<4, using: &random) == 0
                ? Timestamp(nanosecondsSinceEpoch: 3) : nil,
            text: some(["api", "API", "replicas", "value\"", "ÜNÏ", "2 -> 3", "]"]).first ?? "")
    }

    private func plainlyMatches(_ filter: EventFilter, _ event: Event) -> Bool {
        let occurredAt = event.occurredAt ?? Timestamp(seconds: 1_700_000_000, nanoseconds: 0)!
        func has<Value: Equatable>(_ values: [Value], _ value: Value) -> Bool {
            values.isEmpty || values.contains(value)
        }
        guard has(filter.eventTypes, event.eventType),
            has(filter.targetTypes, event.target.type), has(filter.targetIDs, event.target.id),
            has(filter.actorIDs, event.actor.id), has(filter.sources, event.source),
            // A proto3 field at its default is absent, and what is absent matches no value.
            has(filter.actorTypes, event.actor.type) || event.actor == Event.Actor(),
            filter.actorTypes.isEmpty || event.actor != Event.Actor(),
            filter.outcomes.isEmpty
                || (event.outcome != .unspecified && filter.outcomes.contains(event.outcome)),
            filter.since.map({ occurredAt >= $0 }) ?? true,
            filter.until.map({ occurredAt < $0 }) ?? true
        else { return false }
        guard
            filter.scopes.isEmpty
                || event.scope.contains(where: { resource in
                    filter.scopes.contains {
                        $0.id == resource.id && ($0.type.isEmpty || $0.type == resource.type)
                    }
                })
        else { return false }
        let texts =
            [
                event.change, event.target.id, event.target.name, event.actor.id, event.actor.name,
                event.context.requestID, String(decoding: event.snapshot, as: UTF8.self),
            ] + event.scope.flatMap { [$0.id, $0.name] }
        return texts.contains { contains(Array($0.utf8), Array(filter.text.utf8)) }
    }

    private func contains(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
        func lower(_ bytes: some Swift.Sequence<UInt8>) -> [UInt8] {
            bytes.map { (65...90).contains($0) ? $0 + 32 : $0 }
        }
        guard needle.count <= text.count else { return false }
        return (0...(text.count - needle.count)).contains {
            lower(text[$0..<$0 + needle.count]) == lower(needle)
        }
    }

    @Test("find a text at every place of a snapshot, in any case")
    func textPlaces() {
        for length in 1...20 {
            let needle = String("needLE[@`{Z0]é~x/yz_qw".prefix(length))
            let compiled = CompiledFilter(
                EventFilter(text: needle.uppercased(with: ())), organization: nil)
            for place in 0...40 {
                var snapshot = [UInt8](repeating: UInt8(ascii: "."), count: 40)
                snapshot.insert(contentsOf: needle.utf8, at: place)
                let event = Event(snapshot: snapshot)
                #expect(withView(of: event) { compiled.matches($0) }, "\(needle) at \(place)")
                // One byte that differs anywhere in it hides it.
                snapshot[place + needle.utf8.count / 2] = 1
                let other = Event(snapshot: snapshot)
                #expect(!withView(of: other) { compiled.matches($0) }, "\(needle) at \(place)")
            }
        }
    }

    @Test("find a text in the id of the request, and nowhere else of the context")
    func textOfTheRequest() {
        var event = Event()
        event.context = Event.RequestContext(
            ipAddress: "198.51.100.7", userAgent: "curl/8", requestID: "Req-77",
            traceparent: "00-af-b7-01")
        for (text, isFound) in [("req-7", true), ("curl", false), ("198", false), ("b7-01", false)]
        {
            let compiled = CompiledFilter(EventFilter(text: text), organization: nil)
            #expect(withView(of: event) { compiled.matches($0) } == isFound, "\(text)")
        }
    }

    @Test("are equal when they let the same values pass")
    func equality() {
        let filter = EventFilter(eventTypes: ["A", "B"], outcomes: [.denied], text: "X")
        let acme = Array("acme".utf8)
        let compiled = CompiledFilter(filter, organization: acme)
        let same = EventFilter(
            eventTypes: ["B", "A", "B"], outcomes: [.denied, .denied], text: "x")
        #expect(CompiledFilter(same, organization: acme) == compiled)
        #expect(CompiledFilter(same, organization: acme).hashValue == compiled.hashValue)
        #expect(CompiledFilter(filter, organization: nil) != compiled)
        #expect(
            CompiledFilter(filter, organization: []) != CompiledFilter(filter, organization: nil))
        for other in [
            EventFilter(eventTypes: ["AB"], outcomes: [.denied], text: "X"),
            EventFilter(targetTypes: ["A", "B"], outcomes: [.denied], text: "X"),
            EventFilter(eventTypes: ["A", "B"], outcomes: [.failure], text: "X"),
            EventFilter(eventTypes: ["A", "B"], outcomes: [.denied], since: .epoch, text: "X"),
            EventFilter(eventTypes: ["A", "B"], outcomes: [.denied]),
        ] {
            #expect(CompiledFilter(other, organization: acme) != compiled)
        }
    }

    @Test("see events that were stored with the server's fields behind")
    func behindCanonicalBytes() throws {
        var event = Event.sent
        event.occurredAt = nil
        let prepared = try RecordDecoder.decode(
            RecordRequest(events: [event]).encoded(), now: .epoch)
        var payload = prepared.bytes
        payload += serverFields(Sequence(8), Timestamp(nanosecondsSinceEpoch: 5), nil)
        let stored = try Event(decoding: payload)
        #expect(stored.occurredAt == Timestamp(nanosecondsSinceEpoch: 5))
        let compiled = CompiledFilter(
            EventFilter(eventTypes: ["UPDATE"], text: "REPLICAS"), organization: nil)
        #expect(withView(of: stored) { compiled.matches($0) })
    }
}

extension String {
    /// ASCII letters alone.
    fileprivate func uppercased(with: Void) -> String {
        String(decoding: utf8.map { (97...122).contains($0) ? $0 - 32 : $0 }, as: UTF8.self)
    }
}

/// The suffix that the committer appends.
func serverFields(
    _ sequence: AuditModel.Sequence, _ recordedAt: Timestamp, _ occurredAt: Timestamp?
) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ServerFields.bytesMax) { buffer, count in
        count = ServerFields.write(
            sequence: sequence, recordedAt: recordedAt, occurredAt: occurredAt,
            to: UnsafeMutableRawBufferPointer(buffer))
    }
}

@Suite("Stored events")
struct StoredEventTests {
    @Test("have the server's fields, and are recognised as the same content")
    func sameContent() throws {
        let canonical = try RecordDecoder.decode(
            RecordRequest(events: [.sent]).encoded(), now: .epoch.advanced(by: .seconds(2e9))
        ).bytes
        func same(_ stored: [UInt8], _ canonical: [UInt8]) -> Bool {
            stored.withUnsafeBytes { stored in
                canonical.withUnsafeBytes {
                    ServerFields.sameContent(stored: stored, canonical: $0)
                }
            }
        }
        let moments: [Int64] = [
            -9_223_372_036_000_000_000, -1, 0, 1, 999_999_999, 1_700_000_000_123_456_789, .max,
        ]
        for nanoseconds in moments {
            let time = Timestamp(nanosecondsSinceEpoch: nanoseconds)
            for (sequence, given) in [(Sequence(1), nil), (Sequence(.max), time)] {
                let suffix = serverFields(sequence, time, given)
                #expect(suffix.count <= ServerFields.bytesMax)
                let event = try Event(decoding: canonical + suffix)
                #expect(event.sequence == sequence)
                #expect(event.recordedAt == time)
                #expect(event.occurredAt == (given == nil ? time : Event.sent.occurredAt))
                #expect(same(canonical + suffix, canonical))
                // Any other byte, and any end that is cut, is other content.
                #expect(!same(canonical + suffix.dropLast(), canonical))
                #expect(!same(canonical + suffix + suffix, canonical))
                #expect(!same(suffix, canonical))
            }
        }
        #expect(!same(canonical, canonical))
        let suffix = serverFields(Sequence(1), .epoch, nil)
        for place in canonical.indices {
            var other = canonical
            other[place] ^= 1
            #expect(!same(canonical + suffix, other))
        }
        #expect(!same(canonical + suffix, Array(canonical.dropLast())))
    }

    @Test("give their terms")
    func terms() {
        func string(_ bytes: UnsafeRawBufferPointer) -> String {
            String(decoding: bytes, as: UTF8.self)
        }
        func terms(_ event: Event) -> [String] {
            var terms: [String] = []
            event.encoded().withUnsafeBytes { payload in
                IndexTerms.visit(payload) {
                    let parts = [$0.field.name, string($0.type), string($0.value), string($0.name)]
                    terms.append(parts.joined(separator: "|"))
                }
            }
            return terms
        }
        #expect(
            terms(.full) == [
                "EVENT_TYPE||UPDATE|", "TARGET_TYPE||SERVICE|", "TARGET_ID|SERVICE|api|API",
                "SCOPE|PROJECT|shop|", "SCOPE|ENVIRONMENT|prod|Production", "ACTOR_ID||bot|Bot",
                "ACTOR_TYPE||AGENT|", "SOURCE||CONSOLE|", "OUTCOME||SUCCESS|",
            ])
        #expect(terms(Event()) == [])
    }

    @Test("show single fields")
    func fields() {
        Event.full.encoded().withUnsafeBytes { payload in
            let fields = EventFields(payload)
            #expect(Array(fields.organization) == Array("acme".utf8))
            #expect(Array(fields.eventType) == Array("UPDATE".utf8))
            #expect(Array(fields.targetType) == Array("SERVICE".utf8))
            #expect(Array(fields.targetID) == Array("api".utf8))
            #expect(Array(fields.snapshot) == Event.full.snapshot)
        }
    }
}
