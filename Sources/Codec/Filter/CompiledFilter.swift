package import AuditModel

/// A filter in the form that looks at events as they are stored: in place, in one pass (and a
/// second one for a text), without allocation.
package struct CompiledFilter: Sendable {
    /// Whose events may pass; nil for all organizations.
    package let organization: [UInt8]?
    /// By what the filter is found among many; nil when it has to be asked about each event.
    package let selector: FilterSelector?
    private let key: FilterKey
    private let rules: Rules
    /// What the caller may see at all; nil for everything.
    private let bounds: Rules?

    /// - Parameters:
    ///   - filter: one that keeps the limits of filter.proto, as those of decoded requests do.
    ///   - bounds: what must let an event pass besides, by its values; nil for no such filter.
    ///   - organization: whose events may pass; nil for all organizations.
    package init(
        _ filter: EventFilter, within bounds: EventFilter? = nil, organization: [UInt8]?
    ) {
        self.organization = organization
        selector = FilterSelector(filter) ?? bounds.flatMap { FilterSelector($0) }
        key = FilterKey(filter, within: bounds, organization: organization)
        rules = Rules(filter, organization: organization)
        self.bounds = bounds.map { Rules($0, organization: nil) }
    }

    package func matches(_ event: EventView) -> Bool {
        if let organization = rules.organization {
            guard organization.equals(event.organization) else { return false }
        }
        if let since = rules.since, event.occurredAt < since { return false }
        if let until = rules.until, event.occurredAt >= until { return false }
        if !rules.wanted.isEmpty, !rules.valuesMatch(event.payload) { return false }
        if let bounds, !bounds.valuesMatch(event.payload) { return false }
        guard let text = rules.text else { return true }
        return Rules.find(text, in: event.payload)
    }
}

extension CompiledFilter: Hashable {
    /// Equal when they let the same values pass, in whatever order they were named.
    package static func == (left: CompiledFilter, right: CompiledFilter) -> Bool {
        left.key == right.key
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(key.hash) }
}

/// What an event must have. A class, so that the filters of many subscriptions are copied as one
/// reference.
private final class Rules: Sendable {
    /// The fields that the filter narrows.
    struct Wanted: OptionSet {
        let rawValue: UInt16
        static let eventType = Wanted(rawValue: 1)
        static let targetType = Wanted(rawValue: 2)
        static let targetID = Wanted(rawValue: 4)
        static let scope = Wanted(rawValue: 8)
        static let actorID = Wanted(rawValue: 16)
        static let actorType = Wanted(rawValue: 32)
        static let source = Wanted(rawValue: 64)
        static let outcome = Wanted(rawValue: 128)
    }

    let organization: ByteValue?
    let wanted: Wanted
    let since: Timestamp?
    let until: Timestamp?
    let text: TextNeedle?
    private let eventTypes: [ByteValue]
    private let targetTypes: [ByteValue]
    private let targetIDs: [ByteValue]
    private let scopes: [(type: ByteValue, id: ByteValue)]
    private let actorIDs: [ByteValue]
    private let sources: [ByteValue]
    /// One bit for each value.
    private let actorTypes: UInt32
    private let outcomes: UInt32

    init(_ filter: EventFilter, organization: [UInt8]?) {
        self.organization = organization.map { ByteValue($0) }
        since = filter.since
        until = filter.until
        text = TextNeedle(filter.text)
        eventTypes = filter.eventTypes.map { ByteValue($0) }
        targetTypes = filter.targetTypes.map { ByteValue($0) }
        targetIDs = filter.targetIDs.map { ByteValue($0) }
        scopes = filter.scopes.map { (ByteValue($0.type), ByteValue($0.id)) }
        actorIDs = filter.actorIDs.map { ByteValue($0) }
        sources = filter.sources.map { ByteValue($0) }
        actorTypes = filter.actorTypes.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
        outcomes = filter.outcomes.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
        var wanted: Wanted = []
        if !filter.eventTypes.isEmpty { wanted.insert(.eventType) }
        if !filter.targetTypes.isEmpty { wanted.insert(.targetType) }
        if !filter.targetIDs.isEmpty { wanted.insert(.targetID) }
        if !filter.scopes.isEmpty { wanted.insert(.scope) }
        if !filter.actorIDs.isEmpty { wanted.insert(.actorID) }
        if !filter.actorTypes.isEmpty { wanted.insert(.actorType) }
        if !filter.sources.isEmpty { wanted.insert(.source) }
        if !filter.outcomes.isEmpty { wanted.insert(.outcome) }
        self.wanted = wanted
    }

    /// Whether every wanted field has one of its values. A field that is absent has none.
    func valuesMatch(_ payload: UnsafeRawBufferPointer) -> Bool {
        var missing = wanted
        var reader = WireReader(payload)
        while !missing.isEmpty, let field = reader.next() {
            switch field.number {
            case EventField.eventType where missing.remove(.eventType) != nil:
                guard eventTypes.contains(field.bytes) else { return false }
            case EventField.target where !missing.isDisjoint(with: [.targetType, .targetID]):
                let target = ResourceFields(field.bytes)
                if missing.remove(.targetType) != nil, !targetTypes.contains(target.type) {
                    return false
                }
                if missing.remove(.targetID) != nil, !targetIDs.contains(target.id) {
                    return false
                }
            case EventField.scope where missing.contains(.scope):
                if anyScopeMatches(ResourceFields(field.bytes)) { missing.remove(.scope) }
            case EventField.actor where !missing.isDisjoint(with: [.actorID, .actorType]):
                let actor = ActorFields(field.bytes)
                if missing.remove(.actorID) != nil, !actorIDs.contains(actor.id) { return false }
                if missing.remove(.actorType) != nil, !has(actorTypes, Int64(actor.type)) {
                    return false
                }
            case EventField.source where missing.remove(.source) != nil:
                guard sources.contains(field.bytes) else { return false }
            case EventField.outcome where missing.remove(.outcome) != nil:
                guard has(outcomes, Int64(bitPattern: field.integer)) else { return false }
            default:
                break
            }
        }
        return missing.isEmpty
    }

    private func anyScopeMatches(_ resource: ResourceFields) -> Bool {
        for scope in scopes
        where scope.id.equals(resource.id)
            && (scope.type.isEmpty || scope.type.equals(resource.type))
        {
            return true
        }
        return false
    }

    private func has(_ bits: UInt32, _ value: Int64) -> Bool {
        (0..<32).contains(value) && bits & (1 << UInt32(value)) != 0
    }

    /// A snapshot is searched as the caller wrote it: what its JSON escapes is found in its escaped
    /// form only.
    static func find(_ text: TextNeedle, in payload: UnsafeRawBufferPointer) -> Bool {
        var reader = WireReader(payload)
        while let field = reader.next() {
            switch field.number {
            case EventField.target, EventField.scope:
                let resource = ResourceFields(field.bytes)
                if text.isContained(in: resource.id) || text.isContained(in: resource.name) {
                    return true
                }
            case EventField.actor:
                let actor = ActorFields(field.bytes)
                if text.isContained(in: actor.id) || text.isContained(in: actor.name) {
                    return true
                }
            case EventField.context:
                if text.isContained(in: ContextFields(field.bytes).requestID) { return true }
            case EventField.change, EventField.snapshot:
                if text.isContained(in: field.bytes) { return true }
            default:
                break
            }
        }
        return false
    }
}

/// One value of a filter.
private struct ByteValue: Sendable {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(_ text: String) { bytes = Array(text.utf8) }

    var isEmpty: Bool { bytes.isEmpty }

    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        bytes.count == other.count && bytes.withUnsafeBytes { equalBytes($0, other) }
    }
}

extension [ByteValue] {
    @inline(__always)
    fileprivate func contains(_ value: UnsafeRawBufferPointer) -> Bool {
        for candidate in self where candidate.equals(value) { return true }
        return false
    }
}
