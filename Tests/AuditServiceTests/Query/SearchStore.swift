import AuditModel
import Codec
import TestSupport

@testable import AuditService
@testable import EventStore

/// A store of random events, in every state that a search can meet: segments, several logs, some indexed
/// and some not, restarts, organizations of which a part has expired.
struct SearchStore {
    let fixture: ServiceFixture
    let disk: SimulatedDisk
    let samples: SearchSamples

    /// - Parameter logBytesMax: nil for small ones.
    init(
        _ random: inout SeededGenerator, events: Int = 600, logBytesMax: Int? = nil
    ) throws {
        disk = SimulatedDisk()
        fixture = try ServiceFixture(
            logBytesMax: logBytesMax ?? Int.random(in: 12 << 10...64 << 10, using: &random),
            on: disk)
        let start = Timestamp.now.advanced(by: .seconds(-10 * 86_400))
        samples = SearchSamples(start: start)
        var left = events
        while left > 0 {
            let count = min(left, Int.random(in: 1...25, using: &random))
            let recordedAt = start.advanced(by: .seconds((events - left) * 86_400 * 10 / events))
            try fixture.record(
                (0..<count).map { _ in samples.event(&random) }, batchEvents: count, now: recordedAt
            )
            left -= count
            try disturb(&random)
        }
        try setRetention()
        if Bool.random(using: &random) {
            // Writes segments anew without what expired.
            _ = try fixture.expire()
        }
        letGoOfIndexes(&random)
    }

    /// No boundary lies near a time at which something was recorded.
    func setRetention() throws {
        try fixture.store.setRetention(
            RetentionRules(
                standard: .seconds(9 * 86_400 + 360),
                ages: [Array("beta".utf8): .seconds(5 * 86_400 + 360)],
                holds: [Array("gamma".utf8)]), now: .now, uptime: .sinceStart)
    }

    /// Some logs are walked event by event from now on.
    private func letGoOfIndexes(_ random: inout SeededGenerator) {
        for log in fixture.store.parts.all.compactMap(\.log)
        where Int.random(in: 0..<4, using: &random) == 0 {
            log.index.letGo()
        }
    }

    private func disturb(_ random: inout SeededGenerator) throws {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: fixture.store.indexLogs()
        case 1: try fixture.reopen()
        case 2: try fixture.seal()
        default: break
        }
    }

    /// Every event that is shown and matches, oldest first, by looking at each: as a reader of the organization,
    /// or of all, sees it.
    func matches(_ filter: EventFilter, _ organizationID: String) throws -> [Event] {
        let compiled = CompiledFilter(
            filter, organization: organizationID.isEmpty ? nil : Array(organizationID.utf8))
        var found: [Event] = []
        let bounds = fixture.store.bounds
        let outcome = try EventScan(
            store: fixture.store, control: fixture.control, unreadableMax: .max
        ).run(from: bounds.oldest, through: bounds.head, .oldestFirst) { event in
            if compiled.matches(event), var seen = try? Event(decoding: event.payload) {
                if organizationID.isEmpty { seen.sequence = event.sequence }
                found.append(seen)
            }
            return .goOn
        }
        precondition(outcome.end == .complete && outcome.unreadable.isEmpty)
        return found
    }
}

extension ServiceFixture {
    /// A sweep, as the upkeep thread does it.
    @discardableResult
    func expire(now: Timestamp = .now) throws -> ExpiryReport {
        try store.expire(now: now, uptime: .sinceStart, before: sequences.remember)
    }

    /// Restarts with what a sweep has left out named as lost, as a repair would. Those places.
    func loseHoles(on disk: SimulatedDisk) throws -> [Sequence] {
        var there: Set<Sequence> = []
        var cursor = store.cursor(from: Sequence(1), .forward)
        while let batch = try cursor.next() {
            for index in 0..<batch.count { there.insert(batch.firstSequence + index) }
        }
        let lost = (1..<store.bounds.head.rawValue).map { Sequence($0) }.filter {
            !there.contains($0)
        }
        let ranges = LostRanges(lost.map { SequenceRange(first: $0, last: $0) })
        try disk.replace("data/LOST", with: ranges.text)
        try reopen()
        return lost
    }

    /// Whether an event can be read, by its id.
    func find(_ event: Event) throws -> Bool {
        let id = EventID(event.id)!
        return try Array(event.organizationID.utf8).withUnsafeBytes { organization in
            try store.find(organization: organization, id: id) != nil
        }
    }

    /// Makes segments of all logs that have ended.
    func seal() throws {
        while try store.seal() != nil {}
    }

    /// All pages of a query.
    func pages(
        _ request: QueryRequest, limits: ServiceLimits = ServiceLimits(),
        between: () throws -> Void = {}
    ) throws -> [QueryResponse] {
        var request = request
        var pages: [QueryResponse] = []
        repeat {
            let query = PageQuery(store: store, sequences: sequences, limits: limits)
            pages.append(try QueryResponse(decoding: query.run(request, control)))
            request.pageToken = pages[pages.count - 1].nextPageToken
            try between()
            guard pages.count < 10_000 else { throw Endless() }
        } while !request.pageToken.isEmpty
        return pages
    }

    /// A query did not come to an end.
    struct Endless: Error {}
}

/// The values of a field by looking at decoded events: what `ListFacets` must count.
struct FacetModel {
    struct Key: Hashable {
        var type: String
        var value: String
    }

    private(set) var counts: [Key: UInt64] = [:]
    /// What the newest event calls it.
    private(set) var names: [Key: String] = [:]

    /// - Parameter events: oldest first.
    init(_ events: [Event], _ field: FacetField) {
        for event in events {
            let values = FacetModel.values(of: event, field)
            for key in Set(values.map(\.key)) { counts[key, default: 0] += 1 }
            // An event that gives it two names gives it the first.
            for (key, name) in values.reversed() { names[key] = name }
        }
    }

    private static func values(of event: Event, _ field: FacetField) -> [(key: Key, name: String)] {
        let values: [(type: String, value: String, name: String)] =
            switch field {
            case .unspecified: []
            case .eventType: [("", event.eventType, "")]
            case .targetType: [("", event.target.type, "")]
            case .targetID: [(event.target.type, event.target.id, event.target.name)]
            case .scope: event.scope.map { ($0.type, $0.id, $0.name) }
            case .actorID: [("", event.actor.id, event.actor.name)]
            case .actorType: [("", event.actor.type.name, "")]
            case .source: [("", event.source, "")]
            case .outcome:
                [("", event.outcome == .unspecified ? "" : event.outcome.name, "")]
            }
        return values.filter { !$0.value.isEmpty }.map {
            (Key(type: $0.type, value: $0.value), $0.name)
        }
    }

    /// The facets of an answer with that limit, and what the others count.
    func top(_ limit: Int) -> (facets: [Facet], others: UInt64) {
        let sorted = counts.sorted { left, right in
            guard left.value == right.value else { return left.value > right.value }
            return (Array(left.key.value.utf8) + [0] + Array(left.key.type.utf8))
                .lexicographicallyPrecedes(
                    Array(right.key.value.utf8) + [0] + Array(right.key.type.utf8))
        }
        let facets = sorted.prefix(limit).map { key, count in
            Facet(value: key.value, count: count, name: names[key] ?? "", type: key.type)
        }
        return (facets, sorted.dropFirst(limit).reduce(0) { $0 + $1.value })
    }
}
