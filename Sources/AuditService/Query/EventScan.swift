import AuditModel
import Codec
import EventStore

/// A walk over the stored events that retention shows, in either direction, whatever file they lie
/// in: how a search walks what is not indexed, and what its answers are compared with.
struct EventScan {
    let store: EventStore
    let control: ReadControl
    /// Events to look at before it ends with `.budget`.
    var eventsMax = Int.max
    /// Unreadable ranges to pass before it ends with `.budget`.
    var unreadableMax: Int

    enum Direction { case newestFirst, oldestFirst }

    enum Visit { case goOn, stop }

    enum End: Equatable {
        /// Everything in the range was looked at.
        case complete
        /// The visitor had enough, with the event it saw last.
        case stopped
        /// Time, events or unreadable ranges ran out.
        case budget
    }

    struct Outcome {
        var end = End.complete
        /// The last sequence looked at or found unreadable, in the order of the walk; nil when
        /// there was none.
        var through: Sequence?
        var unreadable: [SequenceRange] = []
        /// Why the first of them could not be read.
        var problem: StoreError?
        /// Events that were looked at.
        var looked = 0
    }

    /// Visits the events from `first` through `last` (in the order of the walk, both inclusive).
    func run(
        from first: Sequence, through last: Sequence, _ direction: Direction,
        _ visit: (EventView) -> Visit
    ) throws(ServiceError) -> Outcome {
        var outcome = Outcome()
        let isForward = direction == .oldestFirst
        guard isForward ? first <= last : first >= last else { return outcome }
        let visibility = store.visibility
        var cursor = store.cursor(from: first, isForward ? .forward : .backward)
        while true {
            guard !control.isCancelled else {
                throw ServiceError(.cancelled, "the call was cancelled")
            }
            guard !control.isTimeUp, outcome.looked < eventsMax else {
                outcome.end = .budget
                return outcome
            }
            let batch: EventBatch?
            do throws(StoreError) {
                batch = try cursor.next()
            } catch {
                let damaged = try range(of: error, within: first, last, isForward)
                if let damaged {
                    outcome.unreadable.append(damaged)
                    outcome.problem = outcome.problem ?? error
                    outcome.through = isForward ? damaged.last : damaged.first
                }
                guard outcome.unreadable.count < unreadableMax else {
                    outcome.end = .budget
                    return outcome
                }
                continue
            }
            guard let batch else { return outcome }
            for offset in 0..<batch.count {
                let index = isForward ? offset : batch.count - 1 - offset
                let sequence = batch.firstSequence + index
                if isForward ? sequence < first : sequence > first { continue }
                if isForward ? sequence > last : sequence < last { return outcome }
                outcome.looked += 1
                outcome.through = sequence
                let visit = batch.withEvent(at: index) { event in
                    visibility.shows(event) ? visit(event) : .goOn
                }
                if visit == .stop {
                    outcome.end = .stopped
                    return outcome
                }
            }
        }
    }

    /// The part of a damaged place that this walk was to visit. Other errors end the walk.
    private func range(
        of error: StoreError, within first: Sequence, _ last: Sequence, _ isForward: Bool
    ) throws(ServiceError) -> SequenceRange? {
        guard let damage = error.damage else { throw ServiceError(error) }
        let low = max(damage.sequences.first, isForward ? first : last)
        let high = min(damage.sequences.last, isForward ? last : first)
        return low <= high ? SequenceRange(first: low, last: high) : nil
    }
}
