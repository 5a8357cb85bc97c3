import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

struct PageQueryTests {
    /// Follows the tokens; gives the sequences of each page.
    private func pages(
        _ request: QueryRequest, _ fixture: ServiceFixture, limits: ServiceLimits = ServiceLimits(),
        between: () throws -> Void = {}
    ) throws -> [[UInt64]] {
        try fixture.pages(request, limits: limits, between: between)
            .map { $0.events.map(\.sequence.rawValue) }
    }

    @Test func pagesInBothOrders() throws {
        let fixture = try ServiceFixture()
        try fixture.record((1...7).map { _ in .sample() })
        #expect(try pages(QueryRequest(pageSize: 3), fixture) == [[7, 6, 5], [4, 3, 2], [1]])
        #expect(
            try pages(QueryRequest(order: .oldestFirst, pageSize: 3), fixture)
                == [[1, 2, 3], [4, 5, 6], [7]])
    }

    @Test func anEmptyStoreIsACompleteQuery() throws {
        let fixture = try ServiceFixture()
        #expect(try pages(QueryRequest(), fixture) == [[]])
        #expect(try pages(QueryRequest(order: .oldestFirst), fixture) == [[]])
    }

    @Test func aPageKeepsToTheSizeOfAMessage() throws {
        let fixture = try ServiceFixture()
        let large = Event.sample(snapshot: "\"" + String(repeating: "x", count: 200_000) + "\"")
        try fixture.record((1...30).map { _ in large })
        var limits = ServiceLimits()
        limits.responseBytesMax = 1 << 20
        let query = PageQuery(store: fixture.store, sequences: fixture.sequences, limits: limits)
        let bytes = try query.run(QueryRequest(pageSize: 100), fixture.control)
        #expect(bytes.count <= limits.responseBytesMax)
        let all = try pages(QueryRequest(pageSize: 100), fixture, limits: limits)
        #expect(all.flatMap { $0 } == (1...30).reversed())
        #expect(all.count > 1)
    }

    /// Random events, filters, page sizes and budgets, with events recorded between the pages: a
    /// query gives every event that matched when it began, exactly once, in its order.
    @Test(arguments: 1...12) func pagesAreComplete(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try ServiceFixture(logBytesMax: 16 << 10)
        let events = (0..<Int.random(in: 0...400, using: &random)).map { _ in
            Event.sample(
                organization: ["acme", "other"].randomElement(using: &random) ?? "",
                type: ["CREATE", "UPDATE", "DELETE"].randomElement(using: &random) ?? "",
                target: "t\(Int.random(in: 1...5, using: &random))")
        }
        try fixture.record(events, batchEvents: Int.random(in: 1...30, using: &random))
        var limits = ServiceLimits()
        limits.pageScanEventsMax = Int.random(in: 1...100, using: &random)
        for order in [Order.newestFirst, .oldestFirst] {
            let type = ["CREATE", "UPDATE", "NONE"].randomElement(using: &random) ?? ""
            let request = QueryRequest(
                organizationID: "acme", filter: EventFilter(eventTypes: [type]), order: order,
                pageSize: Int32.random(in: 1...20, using: &random))
            // What the other order's pages recorded in between matches too.
            var expected = try matching(type, of: "acme", in: fixture)
            if order == .newestFirst { expected.reverse() }
            let found = try pages(request, fixture, limits: limits) {
                try fixture.record([.sample(type: type)])
            }
            #expect(found.flatMap { $0 } == expected, "seed \(seed), \(order)")
        }
    }

    /// Which of an organization's events match, read one by one.
    private func matching(
        _ type: String, of organizationID: String, in fixture: ServiceFixture
    ) throws -> [UInt64] {
        var matching: [UInt64] = []
        var count: UInt64 = 0
        for place in 1..<fixture.store.bounds.head.rawValue + 1 {
            let found = try #require(try fixture.store.read(Sequence(place)))
            let event = try found.batch.withEvent(at: found.index) {
                try Event(decoding: $0.payload)
            }
            guard event.organizationID == organizationID else { continue }
            count += 1
            if event.eventType == type { matching.append(count) }
        }
        return matching
    }

    @Test func aTokenOfAnotherQueryIsRefused() throws {
        let fixture = try ServiceFixture()
        try fixture.record((1...3).map { _ in .sample() })
        let query = PageQuery(
            store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits())
        let page = try QueryResponse(
            decoding: query.run(QueryRequest(pageSize: 1), fixture.control))
        let other = QueryRequest(
            organizationID: "acme", pageSize: 1, pageToken: page.nextPageToken)
        #expect(throws: ServiceError.self) { try query.run(other, fixture.control) }
    }

    @Test func aReadWhoseTimeIsUpGoesOnByToken() throws {
        let fixture = try ServiceFixture()
        try fixture.record((1...3).map { _ in .sample() })
        let query = PageQuery(
            store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits())
        let page = try QueryResponse(
            decoding: query.run(QueryRequest(), ReadControl(end: .now)))
        #expect(page.events.isEmpty)
        #expect(!page.nextPageToken.isEmpty, "an empty page is not the end of the query")
        let cancelled = fixture.control
        cancelled.cancel()
        #expect(throws: ServiceError.self) { try query.run(QueryRequest(), cancelled) }
    }
}
