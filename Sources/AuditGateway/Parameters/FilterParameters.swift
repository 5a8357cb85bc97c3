import AuditModel
import Codec

extension RequestParameters {
    /// The filter and the organization of a request; see docs/http.md.
    ///
    /// - Parameter now: what an age counts from.
    mutating func takeFilter(now: Timestamp) throws(GatewayError) -> (
        organizationID: String, filter: EventFilter
    ) {
        var filter = EventFilter()
        filter.eventTypes = take("event_type")
        filter.targetTypes = take("target_type")
        filter.targetIDs = take("target_id")
        filter.scopes = take("scope").map(Self.scope)
        filter.actorIDs = take("actor_id")
        filter.actorTypes = try takeEnumeration("actor_type")
        filter.sources = take("source")
        filter.outcomes = try takeEnumeration("outcome")
        filter.since = try takeTime("since", now: now)
        filter.until = try takeTime("until", now: now)
        filter.text = try takeOne("text") ?? ""
        return (try takeOne("organization_id") ?? "", filter)
    }

    mutating func takeTime(_ name: String, now: Timestamp) throws(GatewayError) -> Timestamp? {
        guard let text = try takeOne(name) else { return nil }
        guard let time = Timestamp(expression: text, now: now) else {
            throw .parameter(
                name, "is '\(text.prefix(100))', which is not a time: \(Timestamp.expressionHelp)")
        }
        return time
    }

    mutating func takeDuration(_ name: String) throws(GatewayError) -> Duration? {
        guard let text = try takeOne(name) else { return nil }
        guard let duration = DurationExpression.duration(text) else {
            throw .parameter(
                name,
                "is '\(text.prefix(100))', which is not a length of time: \(DurationExpression.help)"
            )
        }
        return duration
    }

    /// `event_type`; a number of a facet field is named as in a path.
    mutating func takeFacetField(_ name: String) throws(GatewayError) -> FacetField? {
        guard let text = try takeOne(name) else { return nil }
        return try Self.facetField(text, of: name)
    }

    static func facetField(
        _ text: String, of name: String
    ) throws(GatewayError) -> FacetField {
        let known = FacetField.allCases.filter { $0 != .unspecified }
        if let field = known.first(where: { $0.name.lowercased() == text }) { return field }
        let list = known.map { $0.name.lowercased() }.joined(separator: ", ")
        throw .parameter(name, "is '\(text.prefix(100))', which is none of \(list)")
    }

    private mutating func takeEnumeration<Value: WireEnumeration>(
        _ name: String
    ) throws(GatewayError) -> [Value] {
        var values: [Value] = []
        for text in take(name) {
            guard let value = Value(name: text), value.rawValue != 0 else {
                let known = Value.allCases.filter { $0.rawValue != 0 }.map(\.name)
                throw .parameter(
                    name,
                    "is '\(text.prefix(100))', which is none of \(known.joined(separator: ", "))")
            }
            values.append(value)
        }
        return values
    }

    /// `project=42`, or the id of a resource of any type.
    private static func scope(_ text: String) -> EventFilter.ScopeFilter {
        guard let equals = text.firstIndex(of: "=") else { return .init(id: text) }
        return .init(
            type: String(text[..<equals]), id: String(text[text.index(after: equals)...]))
    }
}
