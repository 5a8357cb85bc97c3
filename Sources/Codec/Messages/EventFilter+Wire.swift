import AuditModel
import CAuditProto
import CProtobufC

extension Arena {
    /// Nil for a filter that narrows nothing.
    func filter(_ filter: EventFilter) -> UnsafeMutablePointer<Auditrpc__V1__EventFilter>? {
        filter == EventFilter() ? nil : message(filter)
    }

    private func strings(_ values: [String]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        array(values) { copy($0) }
    }
}

extension Arena {
    fileprivate func fill(_ message: inout Auditrpc__V1__EventFilter, _ filter: EventFilter) {
        message.n_event_types = filter.eventTypes.count
        message.event_types = strings(filter.eventTypes)
        message.n_target_types = filter.targetTypes.count
        message.target_types = strings(filter.targetTypes)
        message.n_target_ids = filter.targetIDs.count
        message.target_ids = strings(filter.targetIDs)
        message.n_scopes = filter.scopes.count
        message.scopes = messages(filter.scopes)
        message.n_actor_ids = filter.actorIDs.count
        message.actor_ids = strings(filter.actorIDs)
        message.n_actor_types = filter.actorTypes.count
        message.actor_types = array(filter.actorTypes) {
            Auditrpc__V1__ActorType(UInt32(bitPattern: $0.rawValue))
        }
        message.n_sources = filter.sources.count
        message.sources = strings(filter.sources)
        message.n_outcomes = filter.outcomes.count
        message.outcomes = array(filter.outcomes) {
            Auditrpc__V1__Outcome(UInt32(bitPattern: $0.rawValue))
        }
        message.since = timestamp(filter.since)
        message.until = timestamp(filter.until)
        message.text = copy(filter.text)
    }
}

extension EventFilter: CodedValue {
    init(_ message: Auditrpc__V1__EventFilter, _ check: inout FieldCheck) {
        eventTypes = check.strings("event_types", message.n_event_types, message.event_types)
        targetTypes = check.strings("target_types", message.n_target_types, message.target_types)
        targetIDs = check.strings("target_ids", message.n_target_ids, message.target_ids)
        scopes = check.list(ScopeFilter.self, "scopes", message.n_scopes, message.scopes)
        actorIDs = check.strings("actor_ids", message.n_actor_ids, message.actor_ids)
        actorTypes = check.enumerations(
            ActorType.self, "actor_types", message.n_actor_types
        ) { message.actor_types[$0].rawValue }
        sources = check.strings("sources", message.n_sources, message.sources)
        outcomes = check.enumerations(Outcome.self, "outcomes", message.n_outcomes) {
            message.outcomes[$0].rawValue
        }
        since = check.timestamp(message.since, "since")
        until = check.timestamp(message.until, "until")
        text = check.string(message.text, "text")
    }

    func write(to message: inout Auditrpc__V1__EventFilter, in arena: borrowing Arena) {
        arena.fill(&message, self)
    }
}

extension EventFilter.ScopeFilter: CodedValue {
    init(_ message: Auditrpc__V1__ScopeFilter, _ check: inout FieldCheck) {
        type = check.string(message.type, "type")
        id = check.string(message.id, "id")
    }

    func write(to message: inout Auditrpc__V1__ScopeFilter, in arena: borrowing Arena) {
        message.type = arena.copy(type)
        message.id = arena.copy(id)
    }
}

extension FieldCheck {
    /// The filter of a request, read and checked; one that narrows nothing when it is absent.
    mutating func filter(
        _ message: UnsafeMutablePointer<Auditrpc__V1__EventFilter>?
    ) -> EventFilter {
        guard let message else { return EventFilter() }
        enter("filter")
        defer { leave() }
        // Before the values are read: the count alone can be large.
        let count = message.pointee.valueCount
        guard count <= Limits.filterValuesMax else {
            refuseWhole(EventFilter.tooMany(count))
            return EventFilter()
        }
        let filter = EventFilter(message.pointee, &self)
        filter.check(&self)
        return filter
    }

    mutating func strings(
        _ field: StaticString, _ count: Int, _ values: UnsafeMutablePointer<ProtobufCBinaryData>?
    ) -> [String] {
        (0..<count).map { index in
            values.map { string($0[index], field, index) } ?? ""
        }
    }

    fileprivate mutating func enumerations<Value: WireEnumeration>(
        _ type: Value.Type, _ field: StaticString, _ count: Int, _ number: (Int) -> UInt32
    ) -> [Value] {
        (0..<count).compactMap { enumeration(type, number($0), field, $0) }
    }
}

extension Auditrpc__V1__EventFilter {
    fileprivate var valueCount: Int {
        n_event_types + n_target_types + n_target_ids + n_scopes + n_actor_ids + n_actor_types
            + n_sources + n_outcomes
    }
}
