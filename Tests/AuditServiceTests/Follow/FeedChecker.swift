import AuditModel
import Codec

/// What one subscriber knows of a feed, over every resume, and the promises that this must keep. All sequences are
/// those that it sees.
struct FeedRecord {
    /// The first start it asked for, exclusive.
    let start: Sequence
    let organization: String?
    let filter: EventFilter
    /// In the order of arrival.
    var received: [Event] = []
    /// What it was told that it will not get, with the position it had then.
    var gaps: [(range: SequenceRange, position: Sequence)] = []
    /// Everything up to it is known to be behind the subscriber: where it would resume.
    var known: Sequence

    init(start: Sequence, organization: String?, filter: EventFilter) {
        self.start = start
        self.organization = organization
        self.filter = filter
        known = start
    }

    mutating func take(_ response: SubscribeResponse) {
        switch response {
        case .events(let events):
            received += events
            known = max(known, events.last?.sequence ?? known)
        case .progress(let sequence), .caughtUp(let sequence), .fellBehind(let sequence):
            known = max(known, sequence)
        case .gap(let range, _):
            gaps.append((range, known))
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

    /// An event that was published, with the sequence of its organization.
    struct Published {
        var event: Event
        /// In the log.
        var place: Sequence

        /// What a reader of an organization, or of all, sees.
        func seen(by organization: String?) -> Event {
            var event = event
            if organization == nil { event.sequence = place }
            return event
        }
    }

    /// Everything that was ever published.
    let published: [Published]
    /// Whether an event was hidden at some time, by the retention of its own organization.
    let isHidden: (Published) -> Bool

    /// Everything that was published is behind the subscriber.
    func check(_ record: FeedRecord) throws {
        try isolated(record)
        try ordered(record)
        try unique(record)
        try exactGaps(record)
        try complete(record)
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

    /// A gap begins behind where the subscriber stood, and what is in it is gone: every event of what it reads.
    private func exactGaps(_ record: FeedRecord) throws {
        for gap in record.gaps {
            guard gap.range.first > gap.position else {
                throw Broken(promise: "exact gaps", facts: "\(gap.range) behind \(gap.position)")
            }
            for one in published where isOfItsReading(one, record) && !isHidden(one) {
                let sequence = one.seen(by: record.organization).sequence
                guard !gap.range.contains(sequence) else {
                    throw Broken(promise: "exact gaps", facts: "\(sequence) is in \(gap.range)")
                }
            }
        }
    }

    private func isOfItsReading(_ one: Published, _ record: FeedRecord) -> Bool {
        record.organization ?? one.event.organizationID == one.event.organizationID
    }

    /// Delivered and said to be missing are together what was published and matches. A subscriber
    /// of all organizations passes in silence what the shorter retention of one of them has hidden.
    private func complete(_ record: FeedRecord) throws {
        var seen: [Sequence: Event] = [:]
        var missing = 0
        let received = Set(record.received.map(\.sequence))
        for one in published where matches(one.event, record) {
            let event = one.seen(by: record.organization)
            guard event.sequence > record.start else { continue }
            guard seen.updateValue(event, forKey: event.sequence) == nil else {
                throw Broken(promise: "dense", facts: "\(event.sequence) was given twice")
            }
            guard !received.contains(event.sequence) else { continue }
            missing += 1
            let isInGap = record.gaps.contains { $0.range.contains(event.sequence) }
            guard isInGap || record.organization == nil && isHidden(one) else {
                throw Broken(promise: "complete", facts: "\(event.sequence) is missing")
            }
        }
        guard received.count + missing == seen.count else {
            throw Broken(
                promise: "conservation",
                facts: "\(received.count) delivered and \(missing) missing of \(seen.count)")
        }
        for event in record.received where seen[event.sequence] != event {
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
