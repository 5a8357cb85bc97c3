import AuditModel
import Codec
import EventStore

/// The distinct values of one field under a filter, counted from the indexes without looking at
/// events; only the names of the values that are shown are read.
///
/// Looks at events where nothing is indexed, where an index is damaged, for a text, and in a part with
/// more new values than are counted.
struct FacetCount {
    let store: EventStore
    let limits: ServiceLimits

    /// - Parameter bounds: what the caller may see at all; nil for everything.
    func run(
        _ request: ListFacetsRequest, within bounds: EventFilter? = nil, _ control: ReadControl
    ) throws(ServiceError) -> ListFacetsResponse {
        let plan = SearchPlan(
            request.filter, within: bounds,
            organization: request.organizationID.isEmpty ? nil : Array(request.organizationID.utf8))
        let kept = store.currentBounds(of: plan.organization)
        var run = FacetRun(
            plan: plan, field: request.field, kept, store: store, control: control,
            limits: limits)
        if plan.isExact {
            try run.countParts()
        } else {
            try run.search(from: kept.head, through: kept.oldest)
        }
        let wanted =
            request.limit == 0 ? limits.facetsDefault : min(Int(request.limit), limits.facetsMax)
        let (values, others) = run.tally.top(wanted)
        let facets = try run.facets(of: values)
        return ListFacetsResponse(
            facets: facets, otherCount: others, totalCount: run.total, complete: run.isComplete,
            scannedThrough: run.through ?? .zero, unreadable: run.unreadable)
    }
}

/// One count, newest first.
private struct FacetRun {
    let plan: SearchPlan
    let field: FacetField
    private let bounds: StoreBounds
    private let view: SearchView
    let store: EventStore
    let control: ReadControl
    let limits: ServiceLimits

    private(set) var tally: FacetTally
    private(set) var total: UInt64 = 0
    private(set) var isComplete = true
    /// The oldest sequence that was looked at or passed by index.
    private(set) var through: Sequence?
    private(set) var unreadable: [SequenceRange] = []

    init(
        plan: SearchPlan, field: FacetField, _ bounds: StoreBounds, store: EventStore,
        control: ReadControl, limits: ServiceLimits
    ) {
        self.plan = plan
        self.field = field
        self.bounds = bounds
        self.store = store
        self.control = control
        self.limits = limits
        tally = FacetTally(valuesMax: limits.facetValuesMax, bytesMax: limits.facetBytesMax)
        view = store.searchView()
    }

    /// Counts by index where there is one.
    mutating func countParts() throws(ServiceError) {
        for number in view.parts.indices.reversed() {
            let part = view.parts[number]
            guard let range = part.sequences(from: bounds.oldest, through: bounds.head)
            else { continue }
            let lost = view.lost.overlapping(range)
            isComplete =
                try mayGoOn()
                && (lost.isEmpty || unreadable.count + lost.count <= limits.unreadableMax)
            guard isComplete else { return }
            if try count(part, number, range) {
                through = range.first
                unreadable += lost
            } else if isComplete {
                try search(from: range.last, through: range.first)
            }
            guard isComplete else { return }
        }
    }

    /// False when the part was not counted: nothing of it was, then.
    private mutating func count(
        _ part: SearchPart, _ number: Int, _ range: SequenceRange
    ) throws(ServiceError) -> Bool {
        guard let index = part.index else { return false }
        let (plan, visibility) = (plan, view.visibility)
        tally.mark()
        let before = total
        var isWhole = true
        do throws(StoreError) {
            try plan.visitOrganizations(of: part, index, in: range, visibility) {
                organization, rows throws(StoreError) in
                guard isWhole else { return }
                total += UInt64(rows.count)
                // A log's index may have grown since.
                let isAll =
                    part.isSealed
                    ? try index.rows(of: organization).count == rows.count : false
                try index.visitValues(
                    of: organization, field: EventTerms.number(of: field),
                    among: isAll ? nil : rows
                ) { found in
                    isWhole = tally.hasRoom && !control.isTimeUp && !control.isCancelled
                    guard isWhole else { return false }
                    tally.count(
                        found.count, type: found.qualifier, value: found.value, part: number,
                        organization: organization)
                    return true
                }
            }
        } catch {
            // The events may still be whole.
            isWhole = false
        }
        if !isWhole {
            tally.rollBack()
            total = before
            isComplete = try mayGoOn()
        }
        return isWhole
    }

    /// Counts by looking at the events that match.
    mutating func search(from newest: Sequence, through oldest: Sequence) throws(ServiceError) {
        let search = EventSearch(
            store: store, control: control, unreadableMax: limits.unreadableMax - unreadable.count)
        let outcome = try search.run(plan, from: newest, through: oldest, .newestFirst) { event in
            guard tally.hasRoom else { return .stop }
            total += 1
            IndexTerms.visit(event.payload) { term in
                if term.field == field { tally.count(term, of: event.sequence) }
            }
            return .goOn
        }
        isComplete = outcome.end == .complete
        unreadable += outcome.unreadable
        // The event at which the tally was full was seen, but not counted.
        through = (outcome.end == .stopped ? outcome.through?.next : outcome.through) ?? through
    }

    private func mayGoOn() throws(ServiceError) -> Bool {
        guard !control.isCancelled else {
            throw ServiceError(.cancelled, "the call was cancelled")
        }
        return !control.isTimeUp
    }

    // MARK: Names

    /// With the name that the newest match gives each; a value whose name cannot be read in time has
    /// none.
    mutating func facets(of values: [FacetTally.Value]) throws(ServiceError) -> [Facet] {
        var names = FacetNames(plan: plan, field: field, store: store, view: view, bounds)
        var facets: [Facet] = []
        for value in values {
            var name: [UInt8] = []
            switch value.name {
            case .known(let known): name = known
            case .at(let place):
                if FacetNames.hasNames(field), try mayGoOn() {
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
