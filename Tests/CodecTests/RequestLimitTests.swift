import AuditModel
import Codec
import Testing

/// The violations that decoding a request ends with.
func violations<Message: WireMessage>(of request: Message) -> [FieldViolation] {
    do throws(CodecError) {
        _ = try Message(decoding: request.encoded())
        return []
    } catch {
        return error.violations
    }
}

@Suite("Limits of requests")
struct RequestLimitTests {
    static let kib = String(repeating: "x", count: 1_024)

    @Test("pages")
    func pages() {
        #expect(violations(of: QueryRequest(pageSize: 1_000_000_000)) == [])
        #expect(violations(of: QueryRequest(pageToken: Self.kib)) == [])
        #expect(
            violations(of: QueryRequest(pageSize: -1)) == [
                FieldViolation(field: "page_size", reason: "is negative (-1); 0 means 100")
            ])
        #expect(
            violations(of: QueryRequest(pageToken: Self.kib + "x")) == [
                FieldViolation(
                    field: "page_token", reason: "is 1,025 bytes long; at most 1,024 are allowed")
            ])
    }

    @Test("organizations")
    func organizations() {
        let longest = String(repeating: "o", count: 128)
        #expect(violations(of: QueryRequest(organizationID: longest)) == [])
        #expect(
            violations(of: SubscribeRequest(organizationID: longest + "o")) == [
                FieldViolation(
                    field: "organization_id", reason: "is 129 bytes long; at most 128 are allowed")
            ])
        #expect(
            violations(of: ListFacetsRequest(organizationID: "a\0b", field: .source)) == [
                FieldViolation(field: "organization_id", reason: "has a NUL at byte 1")
            ])
        // organization_id: two bytes that are no UTF-8.
        #expect {
            try GetEventRequest(decoding: [0x0A, 2, 0xC3, 0x28, 0x18, 1])
        } throws: {
            ($0 as? CodecError)?.message == "organization_id: is not valid UTF-8 at byte 0"
        }
    }

    @Test("enumerations")
    func enumerations() throws {
        // order: 9
        #expect {
            try QueryRequest(decoding: [0x18, 9])
        } throws: {
            ($0 as? CodecError)?.message
                == "order: has the unknown value 9; known are 1 (NEWEST_FIRST), 2 (OLDEST_FIRST)"
        }
        // filter { actor_types: [1, 9] }, packed.
        #expect {
            try QueryRequest(decoding: [0x12, 4, 0x32, 2, 1, 9])
        } throws: {
            ($0 as? CodecError)?.violations.map(\.field) == ["filter.actor_types[1]"]
        }
        // The same not packed, as older encoders write it.
        let request = try QueryRequest(decoding: [0x12, 4, 0x30, 1, 0x30, 2])
        #expect(request.filter.actorTypes == [.user, .apiToken])
        #expect(
            violations(of: ListFacetsRequest(field: .unspecified)).map(\.description)
                == ["field: is required"])
    }

    @Test("histograms")
    func histograms() {
        func check(_ request: HistogramRequest) -> [String] {
            violations(of: request).map(\.description)
        }
        for width in [Duration.seconds(1), .seconds(900), .seconds(36_500 * 86_400)] {
            #expect(check(HistogramRequest(bucket: width, buckets: 500, limit: 1_000)) == [])
        }
        for (width, text) in [
            (Duration.zero, "0s"), (.seconds(-1), "-1s"), (.milliseconds(1_500), "1.5s"),
            (.seconds(36_500 * 86_400 + 1), "3153600001s"),
        ] {
            #expect(
                check(HistogramRequest(bucket: width)) == [
                    "bucket: is \(text); whole seconds are allowed, from 1s to 3153600000s"
                ])
        }
        for buckets: Int32 in [-1, 501] {
            #expect(
                check(HistogramRequest(buckets: buckets)) == [
                    "buckets: is \(buckets); 0, which means 60, to 500 are allowed"
                ])
        }
        #expect(
            check(HistogramRequest(splitBy: .scope, limit: -1)) == [
                "split_by: is SCOPE, of which an event may have several",
                "limit: is negative (-1); 0 means 8",
            ])
    }

    @Test("lists of counts that are not of equal length are refused")
    func unequalCounts() {
        let series = [HistogramSeries(value: "a", counts: [1, 2]), HistogramSeries(value: "b")]
        let response = HistogramResponse(counts: [3, 3], series: series, otherCounts: [1])
        #expect(
            violations(of: response).map(\.description) == [
                "series[1]: does not have 2 counts", "other_counts: are not 2",
            ])
    }

    @Test("filters")
    func filters() {
        func check(_ filter: EventFilter) -> [String] {
            violations(of: QueryRequest(filter: filter)).map(\.description)
        }
        let values = (0..<100).map(String.init)
        #expect(check(EventFilter(targetIDs: values)) == [])
        #expect(
            check(EventFilter(targetIDs: values, outcomes: [.denied])) == [
                "filter: has 101 values; at most 100 in all fields together are allowed"
            ])
        #expect(check(EventFilter(eventTypes: [Self.kib], text: Self.kib)) == [])
        #expect(
            check(
                EventFilter(
                    eventTypes: ["", Self.kib + "x"],
                    scopes: [EventFilter.ScopeFilter(type: "T", id: "")],
                    actorTypes: [.unspecified], outcomes: [.success, .unspecified],
                    since: Timestamp(nanosecondsSinceEpoch: 1),
                    until: Timestamp(nanosecondsSinceEpoch: 0), text: Self.kib + "x")) == [
                    "filter.event_types[0]: is empty; no event has that",
                    "filter.event_types[1]: is 1,025 bytes long; at most 1,024 are allowed",
                    "filter.scopes[0].id: is empty; no event has that",
                    "filter.actor_types[0]: is unspecified; no event has that",
                    "filter.outcomes[1]: is unspecified; no event has that",
                    "filter.until: is 1970-01-01T00:00:00Z, before since "
                        + "(1970-01-01T00:00:00.000000001Z)",
                    "filter.text: is 1,025 bytes long; at most 1,024 are allowed",
                ])
        let empty = Timestamp(nanosecondsSinceEpoch: 5)
        #expect(check(EventFilter(since: empty, until: empty)) == [])
    }

    @Test("feeds")
    func feeds() {
        func check(_ interval: Duration) -> [String] {
            violations(of: SubscribeRequest(progressInterval: interval)).map(\.description)
        }
        #expect(check(.milliseconds(100)) == [])
        #expect(check(.seconds(300)) == [])
        for interval in [Duration.milliseconds(99), .milliseconds(300_001), .seconds(-1), .zero] {
            #expect(
                check(interval) == [
                    "progress_interval: is \(interval); 0.1 to 300 seconds are allowed"
                ])
        }
        // oldest: false
        #expect {
            try SubscribeRequest(decoding: [0x20, 0])
        } throws: {
            ($0 as? CodecError)?.message
                == "oldest: is false; set it to true or choose another start"
        }
        // since { nanos: -1 }
        #expect {
            try SubscribeRequest(
                decoding: [
                    0x32, 11, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1,
                ])
        } throws: {
            ($0 as? CodecError)?.violations.map(\.field) == ["since"]
        }
    }

    @Test("look-ups")
    func lookUps() {
        #expect(
            violations(of: GetEventRequest(key: .sequence(.zero))).map(\.description)
                == ["sequence: is 0; the first event has 1"])
        #expect {
            try GetEventRequest(decoding: [])
        } throws: {
            ($0 as? CodecError)?.message == "key: is required: an id or a sequence"
        }
        // id: "x"
        #expect {
            try GetEventRequest(decoding: [0x12, 1, 0x78])
        } throws: {
            ($0 as? CodecError)?.message
                == "id: is not a UUID in its 36-character form (1 bytes long)"
        }
    }
}
