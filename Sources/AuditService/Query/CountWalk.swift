import AuditModel
import Codec
import EventStore

/// What is counted of events that match: part by part from their indexes, or event by event.
protocol EventCounter {
    /// Whether more can be counted, whatever it is.
    var hasRoom: Bool { get }

    /// From here on `rollBack` takes back what was counted of a part.
    mutating func mark()

    mutating func rollBack()

    /// Counts what matches in an indexed part; false when it ended before that, because there was no room or
    /// because `control` said so.
    mutating func count(
        _ part: PartMatches, _ control: ReadControl
    ) throws(StoreError) -> Bool

    /// Counts an event that matches; they come newest first.
    mutating func count(_ event: EventView)
}

/// What matches a plan in one part that is indexed.
struct PartMatches {
    let plan: SearchPlan
    let part: SearchPart
    /// In the view that is walked.
    let number: Int
    let index: any EventIndex
    let range: SequenceRange
    let visibility: Visibility

    /// All of the rows.
    func rows() throws(StoreError) -> RowSet {
        try plan.rows(of: part, index, in: range, visibility)
    }

    /// Visits the organizations that have any with their rows.
    func visitOrganizations(
        _ body: ([UInt8], RowSet) throws(StoreError) -> Void
    ) throws(StoreError) {
        try plan.visitOrganizations(of: part, index, in: range, visibility, body)
    }

    /// What a walk over values of an organization is to count: its rows, or nil when they are all that it has
    /// here, which costs no intersection.
    func amongValues(
        _ rows: RowSet, of organization: [UInt8]
    ) throws(StoreError) -> RowSet? {
        // A log's index may have grown since.
        guard part.isSealed else { return rows }
        return try index.rows(of: organization).count == rows.count ? nil : rows
    }
}

/// Counts the events that match, newest first: by index where there is one.
///
/// Looks at events where nothing is indexed, where an index is damaged, for a text, and in a part of which the
/// counter has no room for all.
struct CountWalk<Counter: EventCounter> {
    let plan: SearchPlan
    let bounds: StoreBounds
    let view: SearchView
    let store: EventStore
    let control: ReadControl
    let limits: ServiceLimits

    private(set) var counter: Counter
    private(set) var isComplete = true
    /// The oldest sequence that was looked at or passed by index.
    private(set) var through: Sequence?
    private(set) var unreadable: [SequenceRange] = []

    init(
        _ plan: SearchPlan, _ bounds: StoreBounds, store: EventStore, control: ReadControl,
        limits: ServiceLimits, to counter: Counter
    ) {
        self.plan = plan
        self.bounds = bounds
        self.store = store
        self.control = control
        self.limits = limits
        self.counter = counter
        view = store.searchView()
    }

    mutating func run() throws(ServiceError) {
        guard plan.isExact else {
            return try search(from: bounds.head, through: bounds.oldest)
        }
        for number in view.parts.indices.reversed() {
            let part = view.parts[number]
            guard let range = part.sequences(from: bounds.oldest, through: bounds.head)
            else { continue }
            let lost = view.lost.overlapping(range)
            isComplete =
                try control.mayGoOn()
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
        let matches = PartMatches(
            plan: plan, part: part, number: number, index: index, range: range,
            visibility: view.visibility)
        counter.mark()
        // When the index is damaged, the events may still be whole.
        if (try? counter.count(matches, control)) == true { return true }
        counter.rollBack()
        isComplete = try control.mayGoOn()
        return false
    }

    /// Counts by looking at the events that match.
    private mutating func search(
        from newest: Sequence, through oldest: Sequence
    ) throws(ServiceError) {
        let search = EventSearch(
            store: store, control: control, unreadableMax: limits.unreadableMax - unreadable.count)
        let outcome = try search.run(plan, from: newest, through: oldest, .newestFirst) { event in
            guard counter.hasRoom else { return .stop }
            counter.count(event)
            return .goOn
        }
        isComplete = outcome.end == .complete
        unreadable += outcome.unreadable
        // The event at which there was no room was seen, but not counted.
        through = (outcome.end == .stopped ? outcome.through?.next : outcome.through) ?? through
    }
}

extension ReadControl {
    /// False when the time is up.
    func mayGoOn() throws(ServiceError) -> Bool {
        guard !isCancelled else { throw ServiceError(.cancelled, "the call was cancelled") }
        return !isTimeUp
    }

    /// Whether what is under way should end.
    var shouldEnd: Bool { isTimeUp || isCancelled }
}
