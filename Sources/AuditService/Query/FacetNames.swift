import AuditModel
import Codec
import EventStore

/// Reads what the newest matching event calls a value: one event for each value.
struct FacetNames: ~Copyable {
    private let plan: SearchPlan
    private let field: FacetField
    private let view: SearchView
    private let bounds: StoreBounds
    private var reader: EventReader
    /// The matches of an organization in a part.
    private var matches: [Key: RowSet] = [:]

    private struct Key: Hashable {
        var part: Int
        var organization: [UInt8]
    }

    init(
        plan: SearchPlan, field: FacetField, store: EventStore, view: SearchView,
        _ bounds: StoreBounds
    ) {
        self.plan = plan
        self.field = field
        self.view = view
        self.bounds = bounds
        reader = EventReader(store)
    }

    /// Whether values of the field have names beside themselves.
    static func hasNames(_ field: FacetField) -> Bool {
        switch field {
        case .targetID, .scope, .actorID: true
        case .unspecified, .eventType, .targetType, .actorType, .source, .outcome: false
        }
    }

    /// Empty when it has none, or none that can be read.
    mutating func name(
        of value: FacetTally.Value, at place: FacetTally.Place
    ) -> [UInt8] {
        (try? newestName(of: value, at: place)) ?? []
    }

    private mutating func newestName(
        of value: FacetTally.Value, at place: FacetTally.Place
    ) throws(StoreError) -> [UInt8] {
        let part = view.parts[place.part]
        guard let index = part.index else { return [] }
        let wanted = EventTerm(
            field: EventTerms.number(of: field), value: value.value, qualifier: value.type)
        var newest: Row?
        for organization in place.organizations {
            let rows = try index.rows(of: organization, with: wanted)
                .intersection(matches(of: organization, part, place.part, index))
            newest = [newest, rows.last].compactMap { $0 }.max()
        }
        guard let newest else { return [] }
        let field = field
        return try reader.withEvent(part.sequence(of: newest), of: part) { event in
            var name: [UInt8]?
            IndexTerms.visit(event.payload) { term in
                guard name == nil, term.field == field, term.value.elementsEqual(value.value),
                    term.type.elementsEqual(value.type)
                else { return }
                name = Array(term.name)
            }
            return name ?? []
        } ?? []
    }

    private mutating func matches(
        of organization: [UInt8], _ part: SearchPart, _ number: Int, _ index: any EventIndex
    ) throws(StoreError) -> RowSet {
        let key = Key(part: number, organization: organization)
        if let known = matches[key] { return known }
        var found = RowSet.empty
        if let range = part.sequences(from: bounds.oldest, through: bounds.head) {
            found = try plan.rows(of: organization, part, index, in: range, view.visibility)
        }
        matches[key] = found
        return found
    }
}
