import AuditModel
import Codec
import EventStore

/// The distinct values of one field under a filter, counted by a walk over the events.
struct FacetCount {
    let store: EventStore
    let limits: ServiceLimits

    func run(
        _ request: ListFacetsRequest, _ control: ReadControl
    ) throws(ServiceError) -> ListFacetsResponse {
        let filter = CompiledFilter(
            request.filter,
            organization: request.organizationID.isEmpty ? nil : Array(request.organizationID.utf8))
        let bounds = store.currentBounds(of: filter.organization)
        var tally = FacetTally(
            valuesMax: limits.facetValuesMax, bytesMax: limits.facetBytesMax)
        var total: UInt64 = 0
        let outcome = try EventScan(
            store: store, control: control, unreadableMax: limits.unreadableMax
        ).run(from: bounds.head, through: bounds.oldest, .newestFirst) { event in
            guard filter.matches(event) else { return .goOn }
            guard tally.hasRoom else { return .stop }
            total += 1
            IndexTerms.visit(event.payload) { term in
                if term.field == request.field { tally.count(term) }
            }
            return .goOn
        }
        let wanted =
            request.limit == 0 ? limits.facetsDefault : min(Int(request.limit), limits.facetsMax)
        let (facets, others) = tally.top(wanted)
        // The event at which the tally was full was seen, but not counted.
        let through = outcome.end == .stopped ? outcome.through?.next : outcome.through
        return ListFacetsResponse(
            facets: facets, otherCount: others, totalCount: total,
            complete: outcome.end == .complete, scannedThrough: through ?? .zero,
            unreadable: outcome.unreadable)
    }
}

/// Counts values, newest name first, in bounded memory.
struct FacetTally {
    private struct Value {
        var type: [UInt8]
        var value: [UInt8]
        var name: [UInt8]
        var count: UInt64
        /// The next value of the same hash.
        var next: Int?
    }

    private var values: [Value] = []
    private var newest: [Int: Int] = [:]
    private var bytes = 0
    private let valuesMax: Int
    private let bytesMax: Int

    init(valuesMax: Int, bytesMax: Int) {
        self.valuesMax = valuesMax
        self.bytesMax = bytesMax
    }

    /// Whether another event can be counted, whatever its values.
    var hasRoom: Bool { values.count < valuesMax && bytes < bytesMax }

    /// The first name that a value comes with stays: the walk is from the newest event back.
    mutating func count(_ term: IndexTerms.Term) {
        var hasher = Hasher()
        hasher.combine(bytes: term.type)
        hasher.combine(bytes: term.value)
        let hash = hasher.finalize()
        var index = newest[hash]
        while let current = index {
            if values[current].value.elementsEqual(term.value),
                values[current].type.elementsEqual(term.type)
            {
                values[current].count += 1
                return
            }
            index = values[current].next
        }
        values.append(
            Value(
                type: Array(term.type), value: Array(term.value), name: Array(term.name), count: 1,
                next: newest[hash]))
        newest[hash] = values.count - 1
        bytes += term.type.count + term.value.count + term.name.count
    }

    /// The most frequent values, then by value; and how often all the others were counted.
    func top(_ wanted: Int) -> (facets: [Facet], others: UInt64) {
        let sorted = values.sorted { left, right in
            guard left.count == right.count else { return left.count > right.count }
            guard left.value == right.value else {
                return left.value.lexicographicallyPrecedes(right.value)
            }
            return left.type.lexicographicallyPrecedes(right.type)
        }
        let facets = sorted.prefix(wanted).map { value in
            Facet(
                value: String(decoding: value.value, as: UTF8.self), count: value.count,
                name: String(decoding: value.name, as: UTF8.self),
                type: String(decoding: value.type, as: UTF8.self))
        }
        return (facets, sorted.dropFirst(wanted).reduce(0) { $0 + $1.count })
    }
}
