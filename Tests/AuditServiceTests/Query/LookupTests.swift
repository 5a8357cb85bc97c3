import AuditModel
import Codec
import EventStore
import TestSupport
import Testing

@testable import AuditService

struct LookupTests {
    private func lookup(
        _ request: GetEventRequest, _ fixture: ServiceFixture
    ) throws -> GetEventResponse {
        let lookup = EventLookup(
            store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits())
        return try GetEventResponse(decoding: lookup.run(request, fixture.control))
    }

    @Test func anEventComesWithThePreviousOneOfItsTargetAndTheDifference() throws {
        let fixture = try ServiceFixture()
        try fixture.record([
            .sample(target: "api", snapshot: #"{"replicas":1,"region":"eu"}"#),
            .sample(target: "web", snapshot: #"{"replicas":9}"#),
            .sample(organization: "other", target: "api", snapshot: #"{"replicas":7}"#),
            .sample(target: "api", snapshot: #"{"replicas":3,"region":"eu"}"#),
        ])
        let found = try lookup(GetEventRequest(key: .sequence(Sequence(4))), fixture)
        #expect(found.event.sequence == Sequence(4))
        #expect(found.previous?.sequence == Sequence(1))
        #expect(
            found.differences
                == [JSONDifference(path: "/replicas", kind: .changed, before: "1", after: "3")])
        let first = try lookup(GetEventRequest(key: .sequence(Sequence(1))), fixture)
        #expect(first.previous == nil && first.differences.isEmpty && !first.previousUnknown)
    }

    @Test func anIdIsFoundWithAndWithoutItsOrganization() throws {
        let fixture = try ServiceFixture()
        try fixture.record([.sample().identified(5), .sample(organization: "other").identified(5)])
        let id = try #require(EventID(Event.sample().identified(5).id))
        let own = try lookup(GetEventRequest(organizationID: "acme", key: .id(id)), fixture)
        #expect(own.event.sequence == Sequence(1))
        let newest = try lookup(GetEventRequest(key: .id(id)), fixture)
        #expect(newest.event.sequence == Sequence(2))
    }

    @Test func whatBelongsToAnotherOrganizationIsNotThere() throws {
        let fixture = try ServiceFixture()
        try fixture.record([.sample(organization: "other").identified(5)])
        let id = try #require(EventID(Event.sample().identified(5).id))
        for key in [GetEventRequest.Key.id(id), .sequence(Sequence(1)), .sequence(Sequence(2))] {
            let request = GetEventRequest(organizationID: "acme", key: key)
            #expect { try lookup(request, fixture) } throws: {
                ($0 as? ServiceError)?.code == .notFound
            }
        }
    }

    @Test func facetsCountValuesUnderAFilter() throws {
        let fixture = try ServiceFixture()
        try fixture.record([
            .sample(type: "CREATE", actor: "ada"), .sample(type: "DELETE", actor: "ada"),
            .sample(type: "DELETE", actor: "bob"), .sample(organization: "other", type: "DELETE"),
        ])
        let facets = FacetCount(
            store: fixture.store, sequences: fixture.sequences, limits: ServiceLimits())
        let request = ListFacetsRequest(organizationID: "acme", field: .eventType)
        let all = try facets.run(request, fixture.control)
        #expect(all.facets.map { "\($0.value) \($0.count)" } == ["DELETE 2", "CREATE 1"])
        #expect(all.complete && all.totalCount == 3 && all.otherCount == 0)
        let top = try facets.run(
            ListFacetsRequest(organizationID: "acme", field: .eventType, limit: 1), fixture.control)
        #expect(top.facets.map(\.value) == ["DELETE"] && top.otherCount == 1)
        let actors = try facets.run(
            ListFacetsRequest(
                organizationID: "acme", field: .actorID,
                filter: EventFilter(eventTypes: ["DELETE"])), fixture.control)
        #expect(actors.facets.map(\.value) == ["ada", "bob"])
    }

    @Test func aFacetOfTooManyValuesSaysThatItIsNotComplete() throws {
        let fixture = try ServiceFixture()
        try fixture.record((1...10).map { .sample(target: "t\($0)") })
        var limits = ServiceLimits()
        limits.facetValuesMax = 4
        let some = try FacetCount(
            store: fixture.store, sequences: fixture.sequences, limits: limits
        ).run(
            ListFacetsRequest(field: .targetID), fixture.control)
        #expect(!some.complete && some.totalCount == 4 && some.scannedThrough == Sequence(7))
    }
}
