import AuditModel
import Codec
import EventStore

/// When the first event to happen of those that match did, a text aside: what a range without a start
/// begins with.
///
/// A segment that cannot hold an earlier one is passed without a look at its indexes.
struct OldestMatch {
    let store: EventStore
    let bounds: StoreBounds
    let limits: ServiceLimits
    let control: ReadControl

    /// Nil when nothing matches. What was found so far when the time is up.
    func time(
        of filter: EventFilter, within viewerBounds: EventFilter?, organization: [UInt8]?
    ) throws(ServiceError) -> Timestamp? {
        var filter = filter
        filter.text = ""
        let plan = SearchPlan(filter, within: viewerBounds, organization: organization)
        let view = store.searchView(for: plan.probe)
        var oldest: Timestamp?
        for part in view.parts {
            guard let range = part.sequences(from: bounds.oldest, through: bounds.head)
            else { continue }
            if let oldest, let times = part.occurredAt, oldest <= times.lowerBound { continue }
            guard try control.mayGoOn() else { break }
            let found = try time(of: plan, part, in: range, view.visibility)
            oldest = [oldest, found].compactMap { $0 }.min()
        }
        return oldest
    }

    private func time(
        of plan: SearchPlan, _ part: SearchPart, in range: SequenceRange, _ visibility: Visibility
    ) throws(ServiceError) -> Timestamp? {
        if let index = part.index {
            do throws(StoreError) {
                let rows = try plan.rows(of: part, index, in: range, visibility)
                return try index.leastOccurred(of: rows)
            } catch {
                // The events may still be whole.
            }
        }
        var oldest: Timestamp?
        let search = EventSearch(
            store: store, control: control, unreadableMax: limits.unreadableMax)
        _ = try search.run(plan, from: range.first, through: range.last, .oldestFirst) { event in
            oldest = min(oldest ?? event.occurredAt, event.occurredAt)
            return .goOn
        }
        return oldest
    }
}
