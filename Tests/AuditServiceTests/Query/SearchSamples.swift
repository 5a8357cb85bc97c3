import AuditModel
import Codec
import TestSupport

/// Random events and filters over a small vocabulary, so that most filters find something: a few
/// values are common and most are rare.
struct SearchSamples {
    static let organizations = ["acme", "beta", "gamma", "delta"]
    private static let words = ["scale", "Deploy", "ROLLBACK", "drain", "rotate"]

    /// Of occurred_at.
    let start: Timestamp

    private func skewed(_ count: Int, _ random: inout SeededGenerator) -> Int {
        let chance = Double.random(in: 0..<1, using: &random)
        return Int(chance * chance * Double(count))
    }

    private func organization(_ random: inout SeededGenerator) -> String {
        Self.organizations[skewed(Self.organizations.count, &random)]
    }

    private func time(_ random: inout SeededGenerator) -> Timestamp {
        start.advanced(by: .milliseconds(Int.random(in: 0...100_000, using: &random)))
    }

    private func resource(_ random: inout SeededGenerator) -> Event.Resource {
        Event.Resource(
            type: ["PROJECT", "ENVIRONMENT"][skewed(2, &random)],
            id: "scope-\(skewed(8, &random))",
            name: ["", "One", "Two"][skewed(3, &random)])
    }

    func event(_ random: inout SeededGenerator) -> Event {
        var event = Event.sample(
            organization: organization(&random), type: "TYPE_\(skewed(8, &random))",
            change: Self.words[skewed(Self.words.count, &random)],
            snapshot: #"{"replicas":\#(skewed(9, &random))}"#)
        event.occurredAt = time(&random)
        event.target = Event.Target(
            type: ["SERVICE", "VOLUME"][skewed(2, &random)], id: "target-\(skewed(40, &random))",
            name: ["", "First", "Second"][skewed(3, &random)])
        event.scope = (0..<skewed(4, &random)).map { _ in resource(&random) }
        event.actor = Event.Actor(
            type: [.user, .apiToken, .agent][skewed(3, &random)],
            id: "actor-\(skewed(60, &random))", name: ["", "Ada", "Bob"][skewed(3, &random)])
        event.source = ["CONSOLE", "API", ""][skewed(3, &random)]
        event.outcome = [.success, .failure, .denied, .unspecified][skewed(4, &random)]
        return event
    }

    func filter(_ random: inout SeededGenerator) -> EventFilter {
        var filter = EventFilter()
        func some<Value>(
            _ percent: Int, _ value: (inout SeededGenerator) -> Value
        ) -> [Value] {
            guard Int.random(in: 0..<100, using: &random) < percent else { return [] }
            return (0...skewed(3, &random)).map { _ in value(&random) }
        }
        // One more of each than events have.
        filter.eventTypes = some(25) { "TYPE_\(skewed(9, &$0))" }
        filter.targetTypes = some(15) { ["SERVICE", "VOLUME", "NONE"][skewed(3, &$0)] }
        filter.targetIDs = some(20) { "target-\(skewed(41, &$0))" }
        filter.scopes = some(20) {
            EventFilter.ScopeFilter(
                type: ["", "PROJECT", "ENVIRONMENT"][skewed(3, &$0)], id: "scope-\(skewed(9, &$0))")
        }
        filter.actorIDs = some(20) { "actor-\(skewed(61, &$0))" }
        filter.actorTypes = some(15) { [.user, .apiToken, .agent, .system][skewed(4, &$0)] }
        filter.sources = some(15) { ["CONSOLE", "API", "CLI"][skewed(3, &$0)] }
        filter.outcomes = some(15) { [.success, .failure, .denied][skewed(3, &$0)] }
        filter.text =
            some(15) { ["SCALE", "deploy", "first", "\":3", "nowhere"][skewed(5, &$0)] }
            .first ?? ""
        let times = [time(&random), time(&random)].sorted()
        if Int.random(in: 0..<4, using: &random) == 0 { filter.since = times[0] }
        if Int.random(in: 0..<4, using: &random) == 0 { filter.until = times[1] }
        return filter
    }

    /// Empty for all of them.
    func organizationID(_ random: inout SeededGenerator) -> String {
        Int.random(in: 0..<4, using: &random) == 0 ? "" : organization(&random)
    }
}
