import AuditModel
import Codec
import TestSupport
import Testing

@Suite("The JSON view")
struct EventJSONTests {
    @Test("of an event has every field")
    func full() throws {
        let text = String(decoding: Event.full.json(), as: UTF8.self)
        #expect(
            text == #"{"id":"0190f5fe-7c00-7a00-8000-000000000001","organization_id":"acme","#
                + #""occurred_at":"2023-11-14T22:13:20.000000005Z","event_type":"UPDATE","#
                + #""target":{"type":"SERVICE","id":"api","name":"API"},"#
                + #""scope":[{"type":"PROJECT","id":"shop"},"#
                + #"{"type":"ENVIRONMENT","id":"prod","name":"Production"}],"#
                + #""actor":{"type":"AGENT","id":"bot","name":"Bot"},"#
                + #""on_behalf_of":[{"type":"USER","id":"ada","name":"Ada"}],"source":"CONSOLE","#
                + #""change":"replicas 2 -> 3","snapshot":{"replicas":3},"outcome":"SUCCESS","#
                + #""reason":"résumé","context":{"ip_address":"2001:db8::1","user_agent":"curl/8","#
                + #""request_id":"r-1","traceparent":"00-0af7651916cd43dd8448eb211c80319c-"#
                + #"b7ad6b7169203331-01"},"metadata":{"a":"1","b":"2"},"sequence":300,"#
                + #""recorded_at":"2023-11-14T22:13:21Z"}"#)
        #expect(try Event(json: Array(text.utf8)) == .full)
        #expect(Event().json() == Array("{}".utf8))
        #expect(try Event(json: Array(" { } ".utf8)) == Event())
    }

    @Test("comes back for any event")
    func roundTrip() throws {
        let seed: UInt64 = 0x5EED_0006
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let event = randomEvent(&random)
            #expect(try Event(json: event.json()) == event, "seed \(seed)")
        }
    }

    @Test("takes what people write")
    func lenient() throws {
        let event = try Event(
            json: Array(
                """
                {"actor": {"type": "actor_type_api_token", "id": "t"}, "outcome": "denied",
                 "snapshot": {"n": 1.50, "k": null}, "occurred_at": "2026-03-01T02:30:00-01:30",
                 "reason": null, "scope": null, "context": null, "recorded_at": null,
                 "sequence": 18446744073709551615, "change": "\\u0041\\"\\n"}
                """.utf8))
        #expect(event.actor == Event.Actor(type: .apiToken, id: "t"))
        #expect(event.outcome == .denied)
        #expect(event.snapshot == Array(#"{"n": 1.50, "k": null}"#.utf8))
        #expect(event.occurredAt?.rfc3339 == "2026-03-01T04:00:00Z")
        #expect(event.sequence == Sequence(.max))
        #expect(event.change == "A\"\n")
        #expect(try Event(json: Array(#"{"snapshot":null}"#.utf8)).snapshot == Array("null".utf8))
    }

    @Test(
        "refuses what it does not know, by its name",
        arguments: [
            ("[]", "the event is an array; an object is expected"),
            ("{", "not valid JSON: it ends too early, at byte 1"),
            (#"{"event_typ":"X"}"#, "event_typ: is not a known field"),
            (#"{"target":{"nam":1}}"#, "target.nam: is not a known field"),
            (#"{"scope":[{},{"x":1}]}"#, "scope[1].x: is not a known field"),
            (#"{"id":"a","id":"b"}"#, "id: is there twice"),
            (#"{"metadata":{"k":"v","k":"w"}}"#, "metadata.k: is there twice"),
            (#"{"metadata":{"k":1}}"#, "metadata.k: is a number; a string is expected"),
            (#"{"id":true}"#, "id: is a boolean; a string is expected"),
            (#"{"scope":{}}"#, "scope: is an object; an array is expected"),
            (#"{"target":"x"}"#, "target: is a string; an object is expected"),
            (
                #"{"actor":{"type":"ROBOT"}}"#,
                "actor.type: is unknown; known are USER, API_TOKEN, SERVICE, SYSTEM, AGENT"
            ),
            (
                #"{"occurred_at":"yesterday"}"#,
                "occurred_at: is no RFC 3339 time between 1677 and 2262 (2026-03-01T12:30:00Z)"
            ),
            (
                #"{"sequence":-1}"#,
                "sequence: is a number; a whole number from 0 to 18446744073709551615 is expected"
            ),
            (
                #"{"sequence":"1"}"#,
                "sequence: is a string; a whole number from 0 to 18446744073709551615 is expected"
            ),
        ])
    func refused(text: String, fault: String) {
        #expect {
            try Event(json: Array(text.utf8))
        } throws: {
            ($0 as? CodecError)?.message == fault
        }
    }

    @Test("stays JSON whatever the strings and the snapshot hold")
    func strings() throws {
        var event = Event(change: "\u{0}\u{1F}\"\\\u{7F}\u{2028}é", snapshot: Array("{no".utf8))
        #expect(JSONText.fault(in: event.json()) == nil)
        event.snapshot = []
        #expect(try Event(json: event.json()) == event)
    }

    @Test("of answers")
    func answers() throws {
        func text(_ json: [UInt8]) -> String { String(decoding: json, as: UTF8.self) }
        #expect(
            text(RecordResult(id: "x", sequence: Sequence(7), recordedAt: .epoch).json())
                == #"{"id":"x","sequence":7,"recorded_at":"1970-01-01T00:00:00Z"}"#)
        #expect(
            text(RecordResult(error: status).json())
                == #"{"error":{"code":3,"message":"events[3].target.id: is required","violations":"#
                + #"[{"field":"events[3].target.id","description":"is required"}]}}"#)
        #expect(
            text(
                GetEventResponse(
                    event: Event(id: "b"), previous: Event(id: "a"),
                    differences: [
                        JSONDifference(path: "", kind: .added, after: "{\"k\": [1]}")
                    ], previousUnknown: true
                ).json())
                == #"{"event":{"id":"b"},"previous":{"id":"a"},"differences":[{"path":"","#
                + #""kind":"ADDED","after":{"k":[1]}}],"previous_unknown":true}"#)
        #expect(
            text(Facet(value: "prod", count: 0, name: "P", type: "T").json())
                == #"{"value":"prod","count":0,"name":"P","type":"T"}"#)
        #expect(
            text(
                ListFacetsResponse(
                    facets: [Facet(value: "a", count: 2)], totalCount: 2, complete: false,
                    scannedThrough: Sequence(5),
                    unreadable: [SequenceRange(first: Sequence(1), last: Sequence(2))]
                ).json())
                == #"{"facets":[{"value":"a","count":2}],"total_count":2,"complete":false,"#
                + #""scanned_through":5,"unreadable":[{"first":1,"last":2}]}"#)
        #expect(
            text(histogram.json())
                == #"{"start":"2023-11-14T22:15:00Z","bucket":"900s","split_by":"target_id","#
                + #""series":[{"value":"api","type":"SERVICE","counts":[0,598,1]},"#
                + #"{"value":"web","counts":[1,0,0]}],"other_counts":[0,2,0],"#
                + #""counts":[1,600,1],"total_count":602,"complete":true,"#
                + #""scanned_through":2,"unreadable":[{"first":1,"last":1}]}"#)
        #expect(
            text(HistogramResponse(bucket: .seconds(60), counts: [0, 0]).json())
                == #"{"start":"1970-01-01T00:00:00Z","bucket":"60s","counts":[0,0],"#
                + #""total_count":0,"complete":true}"#)
        #expect(
            text(GetStatusResponse(store: storeStatus).json())
                == #"{"head_sequence":0,"oldest_sequence":0,"event_count":0,"stored_bytes":0,"#
                + #""subscriber_count":0,"store":{"segment_count":1,"log_count":2,"#
                + #""segment_bytes":3,"log_bytes":4,"sealed_event_count":5,"#
                + #""sealed_event_bytes":600,"sealable_log_count":7,"damaged_log_count":8,"#
                + #""max_bytes":9,"dropped_event_count":10,"dropped_bytes":11,"#
                + #""swept_event_count":13,"swept_bytes":14,"lost_event_count":15,"#
                + #""last_sweep_at":"2023-11-14T22:13:32Z"}}"#)
        #expect(
            text(GetStatusResponse(retention: .milliseconds(1_500), version: "1").json())
                == #"{"head_sequence":0,"oldest_sequence":0,"event_count":0,"stored_bytes":0,"#
                + #""retention":"1.5s","version":"1","subscriber_count":0}"#)
        let feed: [String] = [
            #","feed":{"live_count":1,"catching_up_count":2,"stuck_count":3,"filter_count":4,"#,
            #""delivered_events":5,"delivered_bytes":6,"delivered_messages":7,"#,
            #""packed_messages":8,"fell_behind_count":9,"gap_count":10,"gap_sequences":11,"#,
            #""lag_median":{"events":0,"time":"1s"},"lag_p99":{"events":1,"time":"2s"},"#,
            #""lag_largest":{"events":2,"time":"3s"}}}"#,
        ]
        #expect(text(GetStatusResponse(feed: .sample).json()).hasSuffix(feed.joined()))
    }
}
