import AuditModel
import Codec
import Subscribe
import TestSupport
import Testing

/// What a batch costs beside the subscriptions that it concerns, in filters that are asked.
struct HubCostTests {
    private func hub(
        _ count: Int, _ filter: (Int) -> (EventFilter, organization: String?)
    ) throws -> Hub<Int> {
        let hub = Hub<Int>(head: .zero)
        for number in 0..<count {
            let (filter, organization) = filter(number)
            let id = try #require(
                hub.subscribe(
                    CompiledFilter(filter, organization: organization.map { Array($0.utf8) }),
                    waker: number))
            #expect(hub.wait(id, after: .zero))
        }
        return hub
    }

    private struct Cost: Equatable {
        var woken: Set<Int>
        var asked: Int

        static let nothing = Cost(woken: [], asked: 0)
    }

    /// The wakers that a batch of 10 events of "acme" wakes, and the filters that it asked.
    private func dispatch(_ hub: Hub<Int>) -> Cost {
        let events = (0..<10).map { Event.sample(target: "t\($0)", actor: "a\($0)") }
        _ = hub.publish(EventBatch.sample(events, first: Sequence(1)))
        let before = hub.filtersAskedCount
        let woken = Set(hub.dispatch().map(\.waker))
        return Cost(woken: woken, asked: hub.filtersAskedCount - before)
    }

    @Test func thoseOfOtherOrganizationsCostNothing() throws {
        let hub = try hub(1_000) { (EventFilter(), "other-\($0)") }
        #expect(dispatch(hub) == .nothing)
    }

    @Test func equalFiltersAreAskedOnce() throws {
        let hub = try hub(1_000) { _ in (EventFilter(), "acme") }
        #expect(dispatch(hub) == Cost(woken: Set(0..<1_000), asked: 1))
    }

    @Test(arguments: [
        EventFilter(targetIDs: ["x"]), EventFilter(actorIDs: ["x"]),
        EventFilter(eventTypes: ["x"]), EventFilter(targetTypes: ["x"]),
        EventFilter(scopes: [EventFilter.ScopeFilter(id: "x")]), EventFilter(sources: ["x"]),
    ])
    func filtersOfOneOrganizationAreFoundByAValue(kind: EventFilter) throws {
        let hub = try hub(1_000) { number in
            var filter = kind
            let value = "none-\(number)"
            if !filter.targetIDs.isEmpty { filter.targetIDs = [value] }
            if !filter.actorIDs.isEmpty { filter.actorIDs = [value] }
            if !filter.eventTypes.isEmpty { filter.eventTypes = [value] }
            if !filter.targetTypes.isEmpty { filter.targetTypes = [value] }
            if !filter.scopes.isEmpty { filter.scopes = [EventFilter.ScopeFilter(id: value)] }
            if !filter.sources.isEmpty { filter.sources = [value] }
            return (filter, number % 2 == 0 ? "acme" : nil)
        }
        #expect(dispatch(hub) == .nothing)
    }

    @Test func onlyTheFiltersOfAnEventsOwnValuesAreAsked() throws {
        let hub = try hub(1_000) { number in
            (EventFilter(eventTypes: ["UPDATE"], targetIDs: ["t\(number)", "none"]), "acme")
        }
        #expect(dispatch(hub) == Cost(woken: Set(0..<10), asked: 10))
    }

    @Test func theRestIsAskedOneByOne() throws {
        let hub = try hub(5) { (EventFilter(text: "needle-\($0)"), "acme") }
        #expect(dispatch(hub) == Cost(woken: [], asked: 5 * 10))
    }
}
