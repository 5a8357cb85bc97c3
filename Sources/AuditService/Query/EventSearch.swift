import AuditModel
import Codec
import EventStore

/// A walk over the events that match a filter, in either direction, which reads only the blocks that
/// hold them. What is not indexed, or whose index is damaged, is walked by `EventScan`; both find the
/// same.
struct EventSearch {
    let store: EventStore
    let control: ReadControl
    /// Events to look at before it ends with `.budget`.
    var eventsMax = Int.max
    /// Blocks to read before it does, of indexed events.
    var blocksMax = Int.max
    /// Unreadable ranges to pass before it does.
    var unreadableMax: Int
    /// False for a walk that would push everything else out of the caches.
    var usesCaches = true

    typealias Direction = EventScan.Direction
    typealias Outcome = EventScan.Outcome

    /// Visits the matches from `first` through `last` (in the order of the walk, both inclusive).
    ///
    /// The outcome's `through` covers what no index holds as well: the walk passed everything up to
    /// there.
    func run(
        _ plan: SearchPlan, from first: Sequence, through last: Sequence, _ direction: Direction,
        _ visit: (EventView) -> EventScan.Visit
    ) throws(ServiceError) -> Outcome {
        let isForward = direction == .oldestFirst
        let (low, high) = isForward ? (first, last) : (last, first)
        guard low <= high else { return Outcome() }
        let view = store.searchView(for: plan.probe)
        var walk = SearchWalk(self, plan, view, isForward: isForward)
        for number in view.parts.indices {
            let part = view.parts[isForward ? number : view.parts.count - 1 - number]
            guard let range = part.sequences(from: low, through: high) else { continue }
            try walk.pass(part, range, visit)
            guard walk.outcome.end == .complete else { break }
        }
        var outcome = walk.outcome
        // Nothing matches in what the view has left out.
        if outcome.end == .complete, let all = view.sequences, all.last >= low, all.first <= high {
            outcome.through = isForward ? min(high, all.last) : max(low, all.first)
        }
        return outcome
    }
}

/// One run of a search: what it has found and used so far.
private struct SearchWalk: ~Copyable {
    private let search: EventSearch
    private let plan: SearchPlan
    private lazy var filter = plan.filter
    private let visibility: Visibility
    private let lost: LostRanges
    private let isForward: Bool
    private var reader: EventReader
    private(set) var outcome = EventScan.Outcome()
    /// How often it was asked whether to go on.
    private var looks = 0
    /// Blocks in the cache cost no more than reading the clock; this many on the disk a few
    /// milliseconds.
    private static let looksPerClock = 16

    init(
        _ search: EventSearch, _ plan: SearchPlan, _ view: SearchView, isForward: Bool
    ) {
        self.search = search
        self.plan = plan
        visibility = view.visibility
        lost = view.lost
        self.isForward = isForward
        // A text may have to be looked for everywhere.
        reader = EventReader(search.store, usesCaches: search.usesCaches && plan.isExact)
    }

    private func start(of range: SequenceRange) -> Sequence { isForward ? range.first : range.last }
    private func end(of range: SequenceRange) -> Sequence { isForward ? range.last : range.first }

    /// Visits the matches in a range of one part.
    mutating func pass(
        _ part: SearchPart, _ range: SequenceRange, _ visit: (EventView) -> EventScan.Visit
    ) throws(ServiceError) {
        guard try mayGoOn(), let affordable = affordable(range) else {
            outcome.end = .budget
            return
        }
        try pass(part, within: affordable, visit)
        if affordable != range, outcome.end == .complete { outcome.end = .budget }
    }

    private mutating func pass(
        _ part: SearchPart, within range: SequenceRange, _ visit: (EventView) -> EventScan.Visit
    ) throws(ServiceError) {
        guard let rows = rows(of: part, range) else { return try scan(range, visit) }
        try walk(rows, part, range, visit)
        if outcome.end == .complete { outcome.through = end(of: range) }
        noteLost(in: range)
    }

    /// The beginning of the range, in the order of the walk, with no more lost places than may be noted;
    /// nil when it begins with one too many.
    private func affordable(_ range: SequenceRange) -> SequenceRange? {
        let lost = lost.overlapping(range)
        let most = max(0, search.unreadableMax - outcome.unreadable.count)
        guard lost.count > most else { return range }
        var affordable = range
        if isForward {
            affordable.last = lost[most].first.previous
        } else {
            affordable.first = lost[lost.count - 1 - most].last.next
        }
        return affordable.first <= affordable.last ? affordable : nil
    }

    /// What a repair could not save of the part of the range that was passed: an index says nothing of it.
    private mutating func noteLost(in range: SequenceRange) {
        guard !lost.isEmpty, let through = outcome.through, range.contains(through) else { return }
        outcome.unreadable += lost.overlapping(
            isForward
                ? SequenceRange(first: range.first, last: through)
                : SequenceRange(first: through, last: range.last))
    }

    /// Nil where each event must be looked at.
    private func rows(
        of part: SearchPart, _ range: SequenceRange
    ) -> RowSet? {
        guard let index = part.index else { return nil }
        // When the index is damaged, the events may still be whole.
        return try? plan.rows(of: part, index, in: range, visibility)
    }

    private mutating func walk(
        _ rows: RowSet, _ part: SearchPart, _ range: SequenceRange,
        _ visit: (EventView) -> EventScan.Visit
    ) throws(ServiceError) {
        var matches = isForward ? rows.walk() : rows.walkBackward()
        var unreadable: SequenceRange?
        let plan = plan
        let filter = plan.isExact ? nil : self.filter
        while let row = matches.next() {
            let sequence = part.sequence(of: row)
            if let unreadable, unreadable.first <= sequence, sequence <= unreadable.last {
                continue
            }
            let isRead = reader.holds(sequence)
            guard try isRead ? outcome.looked < search.eventsMax : mayGoOn() else {
                return stop(before: sequence, range)
            }
            let found: EventScan.Visit?
            do throws(StoreError) {
                found = try reader.withEvent(sequence, of: part) { event in
                    assert(
                        filter != nil || plan.filter.matches(event),
                        "an index finds what matches, nothing else")
                    return filter?.matches(event) ?? true ? visit(event) : .goOn
                }
            } catch {
                unreadable = try note(error, within: range)
                guard outcome.unreadable.count < search.unreadableMax else {
                    outcome.end = .budget
                    return
                }
                continue
            }
            guard let found else { continue }
            outcome.looked += 1
            outcome.through = sequence
            guard found == .goOn else {
                outcome.end = .stopped
                return
            }
        }
    }

    /// False when time or work has run out.
    private mutating func mayGoOn() throws(ServiceError) -> Bool {
        guard !search.control.isCancelled else {
            throw ServiceError(.cancelled, "the call was cancelled")
        }
        guard outcome.looked < search.eventsMax, reader.blocksRead < search.blocksMax else {
            return false
        }
        looks += 1
        return looks % SearchWalk.looksPerClock != 1 || !search.control.isTimeUp
    }

    /// Ends at the budget, having passed everything up to a match that was not read.
    private mutating func stop(before sequence: Sequence, _ range: SequenceRange) {
        outcome.end = .budget
        if sequence != start(of: range) {
            outcome.through = isForward ? sequence.previous : sequence.next
        }
    }

    /// Notes the part of a damaged place that lies in the range. Other errors end the walk: what cannot be
    /// read now is there.
    private mutating func note(
        _ error: StoreError, within range: SequenceRange
    ) throws(ServiceError) -> SequenceRange {
        guard let damaged = error.damage?.sequences else { throw ServiceError(error) }
        let noted = SequenceRange(
            first: max(damaged.first, range.first), last: min(damaged.last, range.last))
        outcome.unreadable.append(noted)
        outcome.problem = outcome.problem ?? error
        outcome.through = end(of: noted)
        return noted
    }

    /// Looks at each event of the range.
    private mutating func scan(
        _ range: SequenceRange, _ visit: (EventView) -> EventScan.Visit
    ) throws(ServiceError) {
        let scan = EventScan(
            store: search.store, control: search.control,
            eventsMax: search.eventsMax - outcome.looked,
            unreadableMax: search.unreadableMax - outcome.unreadable.count)
        let filter = self.filter
        let found = try scan.run(
            from: start(of: range), through: end(of: range), isForward ? .oldestFirst : .newestFirst
        ) { filter.matches($0) ? visit($0) : .goOn }
        outcome.end = found.end
        outcome.looked += found.looked
        outcome.through = found.end == .complete ? end(of: range) : found.through ?? outcome.through
        outcome.unreadable += found.unreadable
        outcome.problem = outcome.problem ?? found.problem
    }
}
