import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

/// What a search reads and when it stops, in counts.
struct SearchCostTests {
    private static let events = 2_000
    private let disk = SimulatedDisk()
    private let fixture: ServiceFixture

    /// One event in fifty is of `rare`; about 150 blocks in logs.
    init() throws {
        fixture = try ServiceFixture(logBytesMax: 2 << 20, on: disk)
        let padding = "\"" + String(repeating: "x", count: 5_000) + "\""
        let events = (0..<Self.events).map { number in
            Event.sample(
                organization: number % 2 == 0 ? "acme" : "beta", type: "TYPE_\(number % 3)",
                actor: number % 50 == 0 ? "rare" : "common-\(number % 7)", snapshot: padding)
        }
        try fixture.record(events, batchEvents: 10)
        fixture.store.indexLogs()
    }

    private func reads(_ body: () throws -> Void) rethrows -> Int {
        let before = disk.reads
        try body()
        return disk.reads - before
    }

    @Test func aPageReadsTheBlocksThatHoldItAndNoOther() throws {
        for order in [Order.newestFirst, .oldestFirst] {
            let count = try reads {
                let page = try QueryResponse(
                    decoding: PageQuery(
                        store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
                    ).run(
                        QueryRequest(
                            organizationID: "acme", filter: EventFilter(actorIDs: ["rare"]),
                            order: order, pageSize: 10), fixture.control))
                #expect(page.events.count == 10)
            }
            // Each event, and the one that is left, lies in a block of its own, whose last frame may
            // reach over its end.
            #expect(count <= 11 * 2)
        }
        let none = try reads {
            let page = try fixture.pages(
                QueryRequest(
                    filter: EventFilter(
                        targetTypes: ["SERVICE"], targetIDs: ["no-such"], text: "needle")))
            #expect(page.count == 1 && page[0].events.isEmpty)
        }
        #expect(none == 0, "what no event has is not looked for in events")
    }

    @Test func facetsReadNoEvents() throws {
        func count(_ field: FacetField, _ filter: EventFilter = EventFilter()) throws -> Int {
            try reads {
                let answer = try FacetCount(
                    store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
                ).run(
                    ListFacetsRequest(organizationID: "acme", field: field, filter: filter),
                    fixture.control)
                #expect(answer.complete && answer.totalCount > 0)
            }
        }
        #expect(try count(.eventType) <= 2, "the oldest, once for its sequence")
        #expect(try count(.outcome, EventFilter(actorIDs: ["rare"])) == 0)
        #expect(try count(.actorID) <= 8, "one event for each name")
    }

    @Test func histogramsReadNoEvents() throws {
        func count(_ field: FacetField, _ filter: EventFilter = EventFilter()) throws -> Int {
            try reads {
                let answer = try HistogramCount(
                    store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
                ).run(
                    HistogramRequest(organizationID: "acme", filter: filter, splitBy: field),
                    now: .now, fixture.control)
                #expect(answer.complete && answer.totalCount > 0)
            }
        }
        #expect(try count(.unspecified) <= 2, "the oldest, once for its sequence")
        #expect(try count(.actorID, EventFilter(eventTypes: ["TYPE_1"])) == 0)
    }

    /// A chart of a year looks into the segments at the edges of its buckets alone.
    @Test func aSegmentWithinABucketIsCountedWithoutItsTimes() throws {
        let disk = SimulatedDisk()
        let fixture = try ServiceFixture(logBytesMax: 16 << 10, on: disk)
        for number in 0..<400 {
            var event = Event.sample(type: "TYPE_\(number % 3)", snapshot: "\"\(number)\"")
            event.occurredAt = Timestamp(seconds: Int64(number), nanoseconds: 0)
            try fixture.record([event])
        }
        try fixture.seal()
        try fixture.reopen()
        let segments = disk.paths.count { $0.hasSuffix(".segment") }
        #expect(segments > 2)
        func reads(_ width: Int64) throws -> Int {
            let before = disk.reads
            let answer = try HistogramCount(
                store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
            ).run(
                HistogramRequest(
                    filter: EventFilter(since: .epoch), bucket: .seconds(width),
                    splitBy: .eventType),
                now: Timestamp(seconds: 400, nanoseconds: 0)!, fixture.control)
            #expect(answer.totalCount == 400 && answer.series.count == 3)
            return disk.reads - before
        }
        let whole = try reads(400)
        // The index of the times of each segment, and its one chunk.
        let split = try reads(7)
        #expect(split >= 2 * segments && whole > 0)
        #expect(try reads(400) == 0)
    }

    @Test func thePreviousEventIsReadAlone() throws {
        try fixture.record([.sample(target: "seldom")], now: .now)
        try fixture.record((0..<500).map { _ in .sample() }, batchEvents: 50)
        try fixture.record([.sample(target: "seldom")], now: .now)
        fixture.store.indexLogs()
        let request = GetEventRequest(key: .sequence(fixture.store.bounds.head))
        let count = try reads {
            let found = try GetEventResponse(
                decoding: EventLookup(
                    store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
                )
                .run(request, fixture.control))
            #expect(found.previous?.sequence == Sequence(UInt64(Self.events + 1)))
        }
        #expect(count <= 2)
    }

    @Test func whatNoSegmentHasCostsOneFilterOfEach() throws {
        let disk = SimulatedDisk()
        let fixture = try ServiceFixture(logBytesMax: 16 << 10, on: disk)
        for number in 0..<40 {
            let actor = number == 7 ? "once" : "ada"
            try fixture.record(
                (0..<20).map { _ in .sample(actor: actor, snapshot: "\"\(number)\"") },
                batchEvents: 20, now: Timestamp(nanosecondsSinceEpoch: Int64(number)))
        }
        while try fixture.store.seal() != nil {}
        let segments = disk.paths.count { $0.hasSuffix(".segment") }
        #expect(segments > 1)
        fixture.store.indexLogs()
        func page(_ actor: String) throws -> (reads: Int, response: QueryResponse) {
            let before = disk.reads
            let response = try QueryResponse(
                decoding: PageQuery(
                    store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
                ).run(
                    QueryRequest(
                        organizationID: "acme", filter: EventFilter(actorIDs: [actor])),
                    fixture.control))
            return (disk.reads - before, response)
        }
        let first = try page("nobody")
        // And once the oldest event, for its sequence.
        #expect(
            first.reads <= segments + 8 && first.response.events.isEmpty,
            "\(first.reads) of \(segments)")
        let second = try page("no one")
        #expect(second.reads == 0 && second.response.events.isEmpty)
        #expect(second.response.scannedThrough == Sequence(1), "all of it was searched")
        #expect(second.response.nextPageToken.isEmpty)
        #expect(try page("once").response.events.count == 20)
        let again = try page("once")
        #expect(again.reads == 0 && again.response.events.count == 20)
        #expect(again.response.scannedThrough == Sequence(1))
    }

    @Test func aPageWorksWithinItsBlocksAndGoesOnByToken() throws {
        var limits = ServiceLimits()
        limits.pageBlocksMax = 5
        let request = QueryRequest(
            organizationID: "acme", filter: EventFilter(actorIDs: ["rare"]), pageSize: 1_000)
        let pages = try fixture.pages(request, limits: limits)
        #expect(pages.map(\.events.count) == Array(repeating: 5, count: 8))
        let text = try fixture.pages(
            QueryRequest(filter: EventFilter(actorIDs: ["rare"], text: "nowhere")), limits: limits)
        #expect(text.count == 8 && text.allSatisfy { $0.events.isEmpty })
    }

    @Test func aCancelledSearchEndsBeforeTheNextBlock() throws {
        let control = fixture.control
        let search = EventSearch(
            store: fixture.store, control: control, unreadableMax: 100)
        let plan = SearchPlan(EventFilter(actorIDs: ["rare"]), organization: nil)
        let head = fixture.store.bounds.head
        var seen = 0
        #expect(throws: ServiceError.self) {
            try search.run(plan, from: head, through: Sequence(1), .newestFirst) { _ in
                seen += 1
                if seen == 3 { control.cancel() }
                return .goOn
            }
        }
        #expect(seen == 3)
    }

    @Test func aFacetWhoseTimeIsUpSaysSo() throws {
        let answer = try FacetCount(
            store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits()
        ).run(
            ListFacetsRequest(field: .eventType), ReadControl(end: .now))
        #expect(!answer.complete && answer.totalCount == 0 && answer.facets.isEmpty)
    }
}
