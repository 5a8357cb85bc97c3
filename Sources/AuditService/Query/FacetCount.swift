import AuditModel
import Codec
import EventStore

/// The distinct values of one field under a filter, counted from the indexes without looking at
/// events; only the names of the values that are shown are read.
struct FacetCount {
    let store: EventStore
    let sequences: SequenceBook
    let limits: ServiceLimits

    /// - Parameter bounds: what the caller may see at all; nil for everything.
    func run(
        _ request: ListFacetsRequest, within bounds: EventFilter? = nil, _ control: ReadControl
    ) throws(ServiceError) -> ListFacetsResponse {
        let plan = SearchPlan(
            request.filter, within: bounds,
            organization: request.organizationID.isEmpty ? nil : Array(request.organizationID.utf8))
        var walk = CountWalk(
            plan, store.currentBounds(of: plan.organization), store: store, control: control,
            limits: limits, to: FacetCounter(request.field, limits))
        try walk.run()
        let wanted =
            request.limit == 0 ? limits.facetsDefault : min(Int(request.limit), limits.facetsMax)
        let (values, others) = walk.counter.tally.top(wanted)
        let facets = try facets(of: values, request.field, walk)
        let reader = ReaderSequences(
            store: store, book: sequences, organization: plan.organization)
        return ListFacetsResponse(
            facets: facets, otherCount: others, totalCount: walk.counter.total,
            complete: walk.isComplete,
            scannedThrough: try reader.scanned(through: walk.through, of: walk.bounds.oldest),
            unreadable: try reader.missing(walk.unreadable))
    }

    /// With the name that the newest match gives each; a value whose name cannot be read in time has
    /// none.
    private func facets(
        of values: [FacetTally.Value], _ field: FacetField, _ walk: CountWalk<FacetCounter>
    ) throws(ServiceError) -> [Facet] {
        var names = FacetNames(
            plan: walk.plan, field: field, store: store, view: walk.view, walk.bounds)
        var facets: [Facet] = []
        for value in values {
            var name: [UInt8] = []
            switch value.name {
            case .known(let known): name = known
            case .at(let place):
                if FacetNames.hasNames(field), try walk.control.mayGoOn() {
                    name = names.name(of: value, at: place)
                }
            }
            facets.append(
                Facet(
                    value: String(decoding: value.value, as: UTF8.self), count: value.count,
                    name: String(decoding: name, as: UTF8.self),
                    type: String(decoding: value.type, as: UTF8.self)))
        }
        return facets
    }
}

/// Counts the values of a field.
private struct FacetCounter: EventCounter {
    private let field: FacetField
    private(set) var tally: FacetTally
    private(set) var total: UInt64 = 0
    private var totalAtMark: UInt64 = 0

    init(_ field: FacetField, _ limits: ServiceLimits) {
        self.field = field
        tally = FacetTally(valuesMax: limits.facetValuesMax, bytesMax: limits.facetBytesMax)
    }

    var hasRoom: Bool { tally.hasRoom }

    mutating func mark() {
        tally.mark()
        totalAtMark = total
    }

    mutating func rollBack() {
        tally.rollBack()
        total = totalAtMark
    }

    mutating func count(
        _ part: PartMatches, _ control: ReadControl
    ) throws(StoreError) -> Bool {
        var isWhole = true
        try part.visitOrganizations { organization, rows throws(StoreError) in
            guard isWhole else { return }
            total += UInt64(rows.count)
            try part.index.visitValues(
                of: organization, field: EventTerms.number(of: field),
                among: part.amongValues(rows, of: organization)
            ) { found in
                isWhole = tally.hasRoom && !control.shouldEnd
                guard isWhole else { return false }
                tally.count(
                    found.count, type: found.qualifier, value: found.value, part: part.number,
                    organization: organization)
                return true
            }
        }
        return isWhole
    }

    mutating func count(_ event: EventView) {
        total += 1
        IndexTerms.visit(event.payload) { term in
            if term.field == field { tally.count(term, of: event.sequence) }
        }
    }
}
