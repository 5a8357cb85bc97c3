import AuditModel
import Codec
import EventStore

/// A filter as operations on sets of rows: the alternatives of a field are united, the fields
/// intersected. Means exactly what `CompiledFilter` means.
struct SearchPlan: Sendable {
    private let source: EventFilter
    private let bounds: EventFilter?
    /// Whose events it is about; nil for all.
    let organization: [UInt8]?
    /// Of each field that narrows, its alternatives; the fields that leave the least come first.
    let fields: [[EventTerm]]
    /// Nil for any time.
    let occurred: OccurredRange?
    /// Excludes segments in which nothing matches.
    let probe: SearchProbe
    /// Whether the rows are the events that match. Otherwise a text is to be found in them, which no
    /// index knows: each must be looked at.
    let isExact: Bool

    /// Pairs of a target's type and id up to which they are looked for as pairs.
    private static let targetPairsMax = 100

    /// - Parameter bounds: what the caller may see at all; nil for everything.
    init(_ filter: EventFilter, within bounds: EventFilter? = nil, organization: [UInt8]?) {
        source = filter
        self.bounds = bounds
        self.organization = organization
        let fields = SearchPlan.fields(of: filter) + (bounds.map(SearchPlan.fields) ?? [])
        self.fields = fields
        occurred =
            filter.since == nil && filter.until == nil
            ? nil : OccurredRange(since: filter.since, until: filter.until)
        probe = SearchProbe(organization: organization, fields: fields, occurred: occurred)
        isExact = filter.text.isEmpty
    }

    /// What looks at events themselves. Made anew each time, since most searches need none: who asks it more
    /// than once keeps it.
    var filter: CompiledFilter {
        CompiledFilter(source, within: bounds, organization: organization)
    }

    private static func fields(of filter: EventFilter) -> [[EventTerm]] {
        func terms(_ field: FacetField, _ values: [String]) -> [EventTerm] {
            values.map { EventTerms.term(field, $0) }
        }
        let fields = [
            targets(of: filter),
            terms(.actorID, filter.actorIDs),
            filter.scopes.map { scope in
                EventTerms.term(.scope, scope.id, type: scope.type.isEmpty ? nil : scope.type)
            },
            hasTargetPairs(filter) ? [] : terms(.targetType, filter.targetTypes),
            terms(.eventType, filter.eventTypes),
            terms(.source, filter.sources),
            terms(.outcome, filter.outcomes.map(\.name)),
            terms(.actorType, filter.actorTypes.map(\.name)),
        ]
        return fields.filter { !$0.isEmpty }
    }

    /// An id is indexed with its type, so that pairs of few types and ids are found at once.
    private static func hasTargetPairs(_ filter: EventFilter) -> Bool {
        !filter.targetIDs.isEmpty && !filter.targetTypes.isEmpty
            && filter.targetIDs.count * filter.targetTypes.count <= targetPairsMax
    }

    private static func targets(of filter: EventFilter) -> [EventTerm] {
        guard hasTargetPairs(filter) else {
            return filter.targetIDs.map { EventTerms.term(.targetID, $0) }
        }
        return filter.targetIDs.flatMap { id in
            filter.targetTypes.map { EventTerms.term(.targetID, id, type: $0) }
        }
    }
}

extension SearchPlan {
    /// The rows of an indexed part that lie in `range` and are shown, those that match if the plan is
    /// exact.
    func rows(
        of part: SearchPart, _ index: any EventIndex, in range: SequenceRange,
        _ visibility: Visibility
    ) throws(StoreError) -> RowSet {
        if organization == nil, fields.isEmpty, range.first >= visibility.highestFloor {
            return try inTime(index.rows().intersection(part.rows(of: range)), index, part)
        }
        var sets: [RowSet] = []
        try visitOrganizations(of: part, index, in: range, visibility) { _, rows in
            sets.append(rows)
        }
        return RowSet.union(of: sets)
    }

    /// Visits the organizations that the plan is about with their rows, where there are any.
    func visitOrganizations(
        of part: SearchPart, _ index: any EventIndex, in range: SequenceRange,
        _ visibility: Visibility, _ body: ([UInt8], RowSet) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let occurred, !part.mayHold(occurred) { return }
        let organizations: [[UInt8]]
        if let organization {
            organizations = [organization]
        } else {
            organizations = try index.organizations().map(\.organization)
        }
        for organization in organizations {
            let found = try rows(of: organization, part, index, in: range, visibility)
            if !found.isEmpty { try body(organization, found) }
        }
    }

    /// The rows of one organization, which the plan is about, likewise.
    func rows(
        of organization: [UInt8], _ part: SearchPart, _ index: any EventIndex,
        in range: SequenceRange, _ visibility: Visibility
    ) throws(StoreError) -> RowSet {
        let first = max(range.first, visibility.floor(of: organization))
        guard let shown = part.sequences(from: first, through: range.last) else { return .empty }
        var found = try rows(of: organization, index)
        guard !found.isEmpty else { return .empty }
        // A log's index may have grown since.
        if !part.isSealed || shown != part.sequences {
            found = found.intersection(part.rows(of: shown))
        }
        return try inTime(found, index, part)
    }

    private func rows(
        of organization: [UInt8], _ index: any EventIndex
    ) throws(StoreError) -> RowSet {
        var rows: RowSet?
        for terms in fields {
            var sets: [RowSet] = []
            for term in terms { sets.append(try index.rows(of: organization, with: term)) }
            let found = RowSet.union(of: sets)
            let both = rows.map { $0.intersection(found) } ?? found
            if both.isEmpty { return .empty }
            rows = both
        }
        if let rows { return rows }
        return try index.rows(of: organization)
    }

    private func inTime(
        _ rows: RowSet, _ index: any EventIndex, _ part: SearchPart
    ) throws(StoreError) -> RowSet {
        guard let occurred, !rows.isEmpty else { return rows }
        guard part.mayHold(occurred) else { return .empty }
        if let times = part.occurredAt, occurred.contains(times.lowerBound),
            occurred.contains(times.upperBound)
        {
            return rows
        }
        return try index.rows(rows, occurredIn: occurred)
    }
}
