import AuditModel
import Codec

/// What one subscriber knows of a feed, over every resume, and the promises that this must keep.
struct FeedRecord {
    /// The first start it asked for, exclusive.
    let start: Sequence
    let organization: String?
    let filter: EventFilter
    /// In the order of arrival.
    var received: [Event] = []
    /// What it was told that it will not get, with the position it had then.
    var gaps: [(range: SequenceRange, position: Sequence, oldest: Sequence)] = []
    /// Everything up to it is known to be behind the subscriber: where it would resume.
    var known: Sequence

    init(start: Sequence, organization: String?, filter: EventFilter) {
        self.start = start
        self.organization = organization
        self.filter = filter
        known = start
    }

    mutating func take(_ response: SubscribeResponse, oldest: Sequence) {
        switch response {
        case .events(let events):
            received += events
            known = max(known, events.last?.sequence ?? known)
        case .progress(let sequence), .caughtUp(let sequence), .fellBehind(let sequence):
            known = max(known, sequence)
        case .gap(let range, _):
            gaps.append((range, known, oldest))
            known = range.last
        case .started, .unknown: break
        }
    }
}

/// The promises of a feed, each by its name.
struct FeedChecker {
    struct Broken: Error, CustomStringConvertible {
        let promise: String
        let facts: String

        var description: String { "\(promise): \(facts)" }
    }

    /// Everything that was ever published, by sequence.
    let published: [Sequence: Event]
    /// Whether an event is hidden by now, by the retention of its own organization.
    let isHidden: (Event) -> Bool

    /// - Parameter end: everything up to it is behind the subscriber.
    func check(_ record: FeedRecord, through end: Sequence) throws {
        try ordered(record)
        try unique(record)
        try isolated(record)
        try exactGaps(record)
        try complete(record, through: end)
    }

    private func ordered(_ record: FeedRecord) throws {
        let sequences = record.received.map(\.sequence)
        for (before, after) in zip(sequences, sequences.dropFirst()) where before > after {
            throw Broken(promise: "ordered", facts: "\(after) came behind \(before)")
        }
    }

    private func unique(_ record: FeedRecord) throws {
        let sequences = record.received.map(\.sequence)
        guard Set(sequences).count == sequences.count else {
            throw Broken(promise: "unique", facts: "\(sequences)")
        }
    }

    private func isolated(_ record: FeedRecord) throws {
        guard let organization = record.organization else { return }
        for event in record.received where event.organizationID != organization {
            throw Broken(
                promise: "isolated", facts: "\(organization) received \(event.sequence)")
        }
    }

    /// A gap begins where the subscriber stood, or behind what it was not told it had passed, and
    /// ends before the oldest event that was kept.
    private func exactGaps(_ record: FeedRecord) throws {
        for gap in record.gaps {
            guard gap.range.first > gap.position, gap.range.last == gap.oldest.previous else {
                throw Broken(
                    promise: "exact gaps",
                    facts: "\(gap.range) behind \(gap.position), oldest \(gap.oldest)")
            }
        }
    }

    /// Delivered and said to be missing are together what was published and matches. A subscriber
    /// of all organizations passes in silence what the shorter retention of one of them has hidden.
    private func complete(_ record: FeedRecord, through end: Sequence) throws {
        let due = published.values.filter { event in
            event.sequence > record.start && event.sequence <= end && matches(event, record)
        }
        let received = Set(record.received.map(\.sequence))
        var missing = 0
        for event in due where !received.contains(event.sequence) {
            missing += 1
            let isInGap = record.gaps.contains {
                $0.range.first <= event.sequence && event.sequence <= $0.range.last
            }
            guard isInGap || record.organization == nil && isHidden(event) else {
                throw Broken(promise: "complete", facts: "\(event.sequence) is missing")
            }
        }
        guard received.count + missing == due.count else {
            throw Broken(
                promise: "conservation",
                facts: "\(received.count) delivered and \(missing) missing of \(due.count)")
        }
        for event in record.received where published[event.sequence] != event {
            throw Broken(promise: "complete", facts: "\(event.sequence) is not what was published")
        }
    }

    /// By the decoded event, not by the filter's own way through bytes.
    private func matches(_ event: Event, _ record: FeedRecord) -> Bool {
        func has<Value: Equatable>(_ values: [Value], _ value: Value) -> Bool {
            values.isEmpty || values.contains(value)
        }
        return (record.organization ?? event.organizationID) == event.organizationID
            && has(record.filter.eventTypes, event.eventType)
            && has(record.filter.targetIDs, event.target.id)
            && has(record.filter.actorIDs, event.actor.id)
    }
}
