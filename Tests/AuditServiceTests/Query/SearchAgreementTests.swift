import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

/// Random filters over random stores: what is found by index is what looking at each event finds.
struct SearchAgreementTests {
    @Test(arguments: 1...12) func queries(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random)
        for _ in 0..<30 {
            let filter = store.samples.filter(&random)
            let organizationID = store.samples.organizationID(&random)
            let expected = try store.matches(filter, organizationID)
            var limits = ServiceLimits()
            if Bool.random(using: &random) {
                limits.pageScanEventsMax = Int.random(in: 1...200, using: &random)
                limits.pageBlocksMax = Int.random(in: 1...20, using: &random)
            }
            for order in [Order.newestFirst, .oldestFirst] {
                let pages = try store.fixture.pages(
                    QueryRequest(
                        organizationID: organizationID, filter: filter, order: order,
                        pageSize: Int32.random(in: 1...60, using: &random)), limits: limits)
                let found = pages.flatMap(\.events)
                #expect(
                    found == (order == .newestFirst ? expected.reversed() : expected),
                    "seed \(seed), \(order), \(organizationID), \(filter)")
                #expect(pages.allSatisfy { $0.unreadable.isEmpty })
            }
        }
    }

    @Test(arguments: 1...12) func facets(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random)
        for _ in 0..<30 {
            let filter = store.samples.filter(&random)
            let organizationID = store.samples.organizationID(&random)
            let expected = try store.matches(filter, organizationID)
            let field = FacetField.allCases.filter { $0 != .unspecified }
                .randomElement(using: &random)!
            let limit = Int.random(in: 1...40, using: &random)
            let answer = try FacetCount(
                store: store.fixture.store, sequences: store.fixture.sequences,
                limits: ServiceLimits()
            ).run(
                ListFacetsRequest(
                    organizationID: organizationID, field: field, filter: filter,
                    limit: Int32(limit)), store.fixture.control)
            let model = FacetModel(expected, field).top(limit)
            let context: Comment = "seed \(seed), \(field), \(organizationID), \(filter)"
            #expect(answer.facets == model.facets, context)
            #expect(answer.otherCount == model.others, context)
            #expect(answer.totalCount == UInt64(expected.count), context)
            #expect(answer.complete && answer.unreadable.isEmpty, context)
        }
    }

    @Test(arguments: 1...6) func lookUps(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random)
        let lookup = EventLookup(
            store: store.fixture.store, sequences: store.fixture.sequences, limits: ServiceLimits())
        let all = try store.matches(EventFilter(), "")
        var own: [String: Event] = [:]
        for organizationID in Set(all.map(\.organizationID)) {
            for event in try store.matches(EventFilter(), organizationID) { own[event.id] = event }
        }
        for (index, event) in all.enumerated() where Int.random(in: 0..<8, using: &random) == 0 {
            let previous = all[..<index].last {
                $0.organizationID == event.organizationID && $0.target.type == event.target.type
                    && $0.target.id == event.target.id
            }
            let id = try #require(EventID(event.id))
            let organizationID = Bool.random(using: &random) ? event.organizationID : ""
            let (seen, seenBefore) =
                organizationID.isEmpty
                ? (event, previous) : (own[event.id]!, previous.flatMap { own[$0.id] })
            for key in [GetEventRequest.Key.sequence(seen.sequence), .id(id)] {
                let request = GetEventRequest(organizationID: organizationID, key: key)
                let found = try GetEventResponse(
                    decoding: lookup.run(request, store.fixture.control))
                #expect(found.event == seen, "seed \(seed), \(key)")
                #expect(found.previous == seenBefore, "seed \(seed), \(key)")
                #expect(!found.previousUnknown)
            }
        }
    }

    /// A count that is full ends where looking at each event would, and says so.
    @Test(arguments: 1...6) func facetsThatAreFull(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try SearchStore(&random)
        var limits = ServiceLimits()
        limits.facetValuesMax = Int.random(in: 1...30, using: &random)
        let answer = try FacetCount(
            store: store.fixture.store, sequences: store.fixture.sequences, limits: limits
        ).run(
            ListFacetsRequest(field: .actorID, limit: 1_000), store.fixture.control)
        let newest = try store.matches(EventFilter(), "").filter {
            $0.sequence >= answer.scannedThrough
        }
        let model = FacetModel(newest, .actorID).top(1_000)
        #expect(!answer.complete && answer.facets == model.facets, "seed \(seed)")
        #expect(answer.totalCount == UInt64(newest.count), "seed \(seed)")
        #expect(answer.facets.count == limits.facetValuesMax, "seed \(seed)")
    }
}
