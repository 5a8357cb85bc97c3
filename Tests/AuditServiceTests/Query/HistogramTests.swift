import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

struct HistogramTests {
    private func answer(
        _ request: HistogramRequest, _ fixture: ServiceFixture, within bounds: EventFilter? = nil,
        limits: ServiceLimits = ServiceLimits(), now: Timestamp = .now
    ) throws -> HistogramResponse {
        try HistogramCount(store: fixture.store, sequences: fixture.sequences, limits: limits).run(
            request, within: bounds, now: now, fixture.control)
    }

    private static let fields = FacetField.allCases.filter { $0 != .scope }

    /// Random filters over random stores: what is counted by index is what looking at each event counts.
    @Test(arguments: 1...16) func agreesWithLookingAtEachEvent(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random)
        let now = Timestamp.now
        for _ in 0..<30 {
            var request = HistogramRequest(
                organizationID: store.samples.organizationID(&random),
                filter: store.samples.filter(&random),
                splitBy: Self.fields.randomElement(using: &random)!,
                limit: Int32.random(in: 0...25, using: &random))
            if Bool.random(using: &random) {
                // The events are of a hundred seconds, ten days ago.
                request.bucket = .seconds(
                    request.filter.until == nil
                        ? Int.random(in: 3_600...300_000, using: &random)
                        : Int.random(in: 1...120, using: &random))
            } else {
                request.buckets = Int32.random(in: 0...500, using: &random)
            }
            let found = try answer(request, store.fixture, now: now)
            let expected = try store.histogram(request, width: found.bucket, now: now)
            let context: Comment = "seed \(seed), \(request), \(found)"
            #expect(expected.agrees(with: found), context)
            #expect(found.complete && found.unreadable.isEmpty, context)
            #expect(request.bucket == nil || request.bucket == found.bucket, context)
            #expect(found.splitBy == request.splitBy, context)
        }
    }

    /// A count that is full ends where looking at each event would, and says so.
    @Test(arguments: 1...8) func aCountThatIsFullSaysSo(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random)
        var limits = ServiceLimits()
        if Bool.random(using: &random) {
            limits.facetValuesMax = Int.random(in: 1...30, using: &random)
        } else {
            limits.histogramCellsMax = Int.random(in: 1...100, using: &random)
        }
        let until = store.samples.start.advanced(by: .seconds(101))
        let found = try answer(
            HistogramRequest(
                filter: EventFilter(since: store.samples.start, until: until),
                bucket: .seconds(2), splitBy: .actorID, limit: 20), store.fixture, limits: limits)
        let newest = try store.matches(EventFilter(), "").filter {
            $0.sequence >= found.scannedThrough
        }
        let expected = HistogramModel(
            newest, .actorID, limit: 20, width: .seconds(2), since: store.samples.start,
            until: until)
        #expect(!found.complete && !newest.isEmpty, "seed \(seed)")
        #expect(expected.agrees(with: found), "seed \(seed), \(found)")
    }

    @Test func aRangeBeginsWithTheOldestMatchAndEndsNow() throws {
        let fixture = try ServiceFixture()
        let now = Timestamp(seconds: 1_700_001_000, nanoseconds: 1)!
        func event(_ seconds: Int64, _ organization: String, actor: String = "ada") -> Event {
            var event = Event.sample(organization: organization, actor: actor)
            event.occurredAt = now.advanced(by: .seconds(-seconds))
            return event
        }
        // The oldest was recorded last.
        try fixture.record([
            event(10, "acme"), event(50_000, "other"), event(-100, "acme"),
            event(300, "acme", actor: "bob"), event(800, "acme"),
        ])
        let own = try answer(
            HistogramRequest(organizationID: "acme", bucket: .seconds(100)), fixture, now: now)
        #expect(own.start == Timestamp(seconds: 1_700_000_200, nanoseconds: 0))
        #expect(own.counts == [1, 0, 0, 0, 0, 1, 0, 1, 0], "not what happens later than now")
        let bobs = try answer(
            HistogramRequest(
                organizationID: "acme", filter: EventFilter(actorIDs: ["bob"]),
                bucket: .seconds(100)), fixture, now: now)
        #expect(bobs.start == Timestamp(seconds: 1_700_000_700, nanoseconds: 0))
        #expect(bobs.counts == [1, 0, 0, 0])
        let viewers = try answer(
            HistogramRequest(organizationID: "acme", bucket: .seconds(100), splitBy: .actorID),
            fixture, within: EventFilter(actorIDs: ["bob"]), now: now)
        #expect(viewers.start == bobs.start && viewers.counts == bobs.counts)
        #expect(viewers.series == [HistogramSeries(value: "bob", counts: bobs.counts)])
        let all = try answer(HistogramRequest(), fixture, now: now)
        #expect(all.totalCount == 4 && all.bucket == .seconds(900))
        let none = try answer(HistogramRequest(organizationID: "nobody"), fixture, now: now)
        #expect(none.counts == [] && none.totalCount == 0 && none.complete)
    }

    @Test func whatRetentionHidesIsNotCountedAndBeginsNoRange() throws {
        let fixture = try ServiceFixture()
        let now = Timestamp.now
        for age in [1_000, 5_000, 9_000] {
            var event = Event.sample()
            event.occurredAt = now.advanced(by: .seconds(-age))
            try fixture.record([event], now: now.advanced(by: .seconds(age - 10_000)))
        }
        // By recorded_at, in which the order is another one: the event that happened last is hidden.
        try fixture.store.setRetention(
            RetentionRules(standard: .seconds(8_000)), now: now, uptime: .sinceStart)
        let found = try answer(HistogramRequest(bucket: .seconds(1_000)), fixture, now: now)
        #expect(found.totalCount == 2)
        #expect(found.start <= now.advanced(by: .seconds(-9_000)))
        try fixture.store.setRetention(
            RetentionRules(standard: .seconds(3_000)), now: now, uptime: .sinceStart)
        let last = try answer(HistogramRequest(bucket: .seconds(1_000)), fixture, now: now)
        #expect(last.totalCount == 1 && last.start == found.start)
    }

    @Test func tooManyBucketsAreRefusedWithWhatToDo() throws {
        let fixture = try ServiceFixture()
        let until = Timestamp(seconds: 1_700_000_000, nanoseconds: 0)!
        func request(_ seconds: Int64) -> HistogramRequest {
            HistogramRequest(
                filter: EventFilter(since: until.advanced(by: .seconds(-seconds)), until: until),
                bucket: .seconds(1))
        }
        #expect(try answer(request(500), fixture).counts.count == 500)
        let error = #expect(throws: ServiceError.self) { try answer(request(501), fixture) }
        #expect(error?.code == .invalid)
        #expect(error?.violations.map(\.field) == ["bucket"])
        #expect(
            error?.message
                == "bucket: makes 501 buckets from 2023-11-14T22:04:59Z to 2023-11-14T22:13:20Z, "
                + "and 500 are allowed: ask for 2s or more, for a shorter range, or leave it to "
                + "the server")
    }

    @Test func whatHasNoValueIsAmongTheOthers() throws {
        let fixture = try ServiceFixture()
        let now = Timestamp(seconds: 1_700_000_001, nanoseconds: 0)!
        var plain = Event.sample(type: "B")
        plain.source = ""
        try fixture.record([.sample(type: "A"), plain, .sample(type: "A"), .sample(type: "C")])
        func split(_ field: FacetField, _ limit: Int32) throws -> HistogramResponse {
            try answer(HistogramRequest(splitBy: field, limit: limit), fixture, now: now)
        }
        let types = try split(.eventType, 1)
        #expect(types.series == [HistogramSeries(value: "A", counts: [2])])
        #expect(types.otherCounts == [2] && types.counts == [4])
        let sources = try split(.source, 0)
        #expect(sources.series == [HistogramSeries(value: "CONSOLE", counts: [3])])
        #expect(sources.otherCounts == [1])
        let targets = try split(.targetID, 0)
        #expect(targets.series == [HistogramSeries(value: "api", type: "SERVICE", counts: [4])])
        #expect(targets.otherCounts == [])
        #expect(try split(.unspecified, 0).otherCounts == [])
    }

    @Test func aCountWhoseTimeIsUpSaysSoAndOneThatIsCancelledEnds() throws {
        let fixture = try ServiceFixture()
        try fixture.record([.sample(), .sample()])
        let count = HistogramCount(
            store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits())
        for filter in [
            EventFilter(), EventFilter(since: .epoch), EventFilter(since: .epoch, text: "x"),
        ] {
            let request = HistogramRequest(filter: filter, splitBy: .source)
            let late = try count.run(request, now: .now, ReadControl(end: .now))
            #expect(!late.complete && late.totalCount == 0 && late.scannedThrough == .zero)
            #expect(late.counts.allSatisfy { $0 == 0 } && late.series.isEmpty)
            let cancelled = fixture.control
            cancelled.cancel()
            let error = #expect(throws: ServiceError.self) {
                try count.run(request, now: .now, cancelled)
            }
            #expect(error?.code == .cancelled)
        }
    }
}
