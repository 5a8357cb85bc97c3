import AuditModel
import Codec
import EventStore

/// Reads the disk for subscriptions that are behind the ring, by the indexes: a filter that matches
/// little reads little.
struct FeedReader: Sendable {
    let store: EventStore
    let sequences: SequenceBook
    let limits: ServiceLimits
    let seal: FeedSeal

    /// A few messages from behind `position` on.
    ///
    /// - Parameter last: where to end at the latest; nil for the newest event.
    func read(
        _ plan: SearchPlan, after position: Sequence, through last: Sequence? = nil,
        _ control: ReadControl
    ) -> FeedReading {
        store.hideExpired(now: .now, uptime: .sinceStart)
        let floor = store.visibility.floor(of: plan.organization)
        var head = store.bounds.head
        // What a restoration passed over is not in any part: the reading ends before it.
        if let skipped = store.skipped(atOrAfter: position.next) {
            head = min(head, skipped.first.previous)
        }
        // Nor is what a repair could not save.
        if let lost = store.lost.range(atOrAfter: position.next) {
            guard lost.first > position.next else { return .lost(lost) }
            head = min(head, lost.first.previous)
        }
        // What follows is a gap: the machine says so before anything behind it is sent.
        guard floor <= position.next, position < head else { return .portions([]) }
        var gathering: Gathering
        var outcome: EventSearch.Outcome
        do throws(ServiceError) {
            (outcome, gathering) = try search(
                plan, after: position, through: min(last ?? head, head), control)
            if let removed = removed(of: plan, after: position, through: outcome.through) {
                guard removed.first > position.next else { return .removed(through: removed.last) }
                // What is behind it is read once that was said.
                (outcome, gathering) = try search(
                    plan, after: position, through: removed.first.previous, control)
            }
        } catch {
            return .failure(error)
        }
        // It may have hidden more since, and the walk then passed what is a gap.
        guard store.visibility.floor(of: plan.organization) <= position.next else {
            return .portions([])
        }
        guard let damage = outcome.unreadable.first else {
            let through = outcome.through ?? position
            return .portions(finish(gathering, of: plan, through: through, isFull: through < head))
        }
        // What was found before the damage is sent first; the next reading begins with it.
        guard damage.first <= position.next else {
            return .portions(
                finish(gathering, of: plan, through: damage.first.previous, isFull: true))
        }
        return .damage(
            through: damage.last,
            ServiceError(
                .dataLoss, "stored events are damaged: sequences \(damage)",
                cause: outcome.problem))
    }

    private func finish(
        _ gathering: consuming Gathering, of plan: SearchPlan, through last: Sequence, isFull: Bool
    ) -> [FeedPortion] {
        let lastSent = gathering.through
        var portions = gathering.finish(through: last, isFull: isFull)
        guard lastSent < last, let end = portions.indices.last else { return portions }
        // So that a filter that matches little tells its reader how far it has come.
        let reader = ReaderSequences(
            store: store, book: sequences, organization: plan.organization)
        portions[end].sequence = (try? reader.sequence(through: last)) ?? portions[end].sequence
        return portions
    }

    private func search(
        _ plan: SearchPlan, after position: Sequence, through last: Sequence, _ control: ReadControl
    ) throws(ServiceError) -> (EventSearch.Outcome, Gathering) {
        var gathering = Gathering(limits, seal, after: position, of: plan.organization)
        let search = EventSearch(
            store: store, control: control, eventsMax: limits.catchUpEventsMax,
            blocksMax: limits.catchUpBlocksMax, unreadableMax: 1, usesCaches: false)
        let outcome = try search.run(plan, from: position.next, through: last, .oldestFirst) {
            gathering.add($0)
        }
        return (outcome, gathering)
    }

    /// The first stretch behind the position in which retention took events of the organization that it
    /// would show now. Of all organizations together that is not asked: what the shorter retention of
    /// one took is no gap to who follows them all.
    private func removed(
        of plan: SearchPlan, after position: Sequence, through last: Sequence?
    ) -> SequenceRange? {
        guard let organization = plan.organization, let last else { return nil }
        // A segment that cannot say it has forgotten it; its events are read all the same.
        return try? store.removed(of: organization, from: position.next, through: last)
    }

    private struct Gathering {
        private let bytesMax: Int
        private var bytes = 0
        private var writer: PortionWriter
        private var portions: [FeedPortion] = []

        init(
            _ limits: ServiceLimits, _ seal: @escaping FeedSeal, after position: Sequence,
            of organization: [UInt8]?
        ) {
            bytesMax = limits.catchUpBytesMax
            writer = PortionWriter(
                after: position, of: organization, messageBytesMax: limits.feedMessageBytesMax,
                seal: seal)
        }

        /// The place of the last event.
        var through: Sequence { writer.through }

        mutating func add(_ event: EventView) -> EventScan.Visit {
            if !writer.hasRoom(for: event.payload.count) {
                portions.append(writer.take(isFull: true))
            }
            writer.append(event)
            bytes += event.payload.count
            return bytes < bytesMax ? .goOn : .stop
        }

        consuming func finish(through last: Sequence, isFull: Bool) -> [FeedPortion] {
            writer.pass(last)
            portions.append(writer.take(isFull: isFull))
            return portions
        }
    }
}

extension FeedReading {
    /// What a repair could not save.
    fileprivate static func lost(_ range: SequenceRange) -> FeedReading {
        .damage(
            through: range.last,
            ServiceError(
                .dataLoss, "events \(range) were damaged, and a repair could not save them"))
    }
}
