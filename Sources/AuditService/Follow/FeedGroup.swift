import AuditModel
import Codec
import Synchronization

/// The subscriptions with one filter: what one of them is sent behind a position, all are sent.
///
/// A portion is made by whoever comes first to its position; who comes meanwhile waits for it, which
/// is less than making it.
final class FeedGroup: Sendable {
    typealias ID = UInt64

    let id: ID
    let plan: SearchPlan
    let filter: CompiledFilter
    /// Subscriptions in it. Alone, one has nobody to share with.
    let memberCount = Atomic<Int>(0)
    private let recent = Mutex(RecentLooks())

    init(id: ID, plan: SearchPlan) {
        self.id = id
        self.plan = plan
        filter = plan.filter
    }

    var organization: [UInt8]? { plan.organization }
    var isShared: Bool { memberCount.load(ordering: .relaxed) > 1 }

    /// The portion behind `position`: a known one, or the one that `make` makes.
    ///
    /// - Parameters:
    ///   - head: the newest sequence stored.
    ///   - make: nil when there is none. It should end at the sequence that it is given, so that who is in the midst
    ///     of another's portion goes on together with it.
    func portion(
        after position: Sequence, head: Sequence, in cache: borrowing Mutex<PortionCache>,
        orMake make: (Sequence?) -> FeedPortion?
    ) -> FeedPortion? {
        recent.withLock { recent in
            if let known = known(after: position, head: head, in: cache) { return known }
            guard let portion = make(recent.end(around: position)) else { return nil }
            keep(portion, after: position, in: cache, &recent)
            return portion
        }
    }

    /// What others were sent behind `position`; nil when nothing is known, or much more can be had
    /// by now: who is slower than the commits takes many of them in one look.
    func known(
        after position: Sequence, head: Sequence, in cache: borrowing Mutex<PortionCache>
    ) -> FeedPortion? {
        let key = PortionCache.Key(group: id, position: position)
        guard let portion = cache.withLock({ $0.portion(for: key) }) else { return nil }
        // Half of the way at least, so that a commit more or less does not part those who go together.
        let passed = portion.through.rawValue - position.rawValue
        let left = max(head, portion.through).rawValue - position.rawValue
        return portion.isFull || passed * 2 >= left ? portion : nil
    }

    /// Where a reading of the disk from behind `position` should end; nil for anywhere.
    func end(around position: Sequence) -> Sequence? {
        recent.withLock { $0.end(around: position) }
    }

    /// Portions of the disk, one behind the other, for the others to use.
    func keep(
        _ portions: [FeedPortion], after position: Sequence, in cache: borrowing Mutex<PortionCache>
    ) {
        recent.withLock { recent in
            var position = position
            for portion in portions {
                keep(portion, after: position, in: cache, &recent)
                position = portion.through
            }
        }
    }

    private func keep(
        _ portion: FeedPortion, after position: Sequence, in cache: borrowing Mutex<PortionCache>,
        _ recent: inout RecentLooks
    ) {
        // Nothing new: asking again may give more.
        guard portion.through > position else { return }
        cache.withLock {
            $0.insert(portion, for: PortionCache.Key(group: id, position: position))
        }
        if portion.isFull {
            recent.note(SequenceRange(first: position.next, last: portion.through))
        }
    }
}

/// The ranges of the full portions that a group was sent last.
struct RecentLooks {
    private static let countMax = 32
    private var ranges: [SequenceRange] = []
    private var next = 0

    mutating func note(_ range: SequenceRange) {
        if ranges.count < Self.countMax {
            ranges.append(range)
        } else {
            ranges[next] = range
            next = (next + 1) % Self.countMax
        }
    }

    /// The end of a range that begins before what follows `position` and goes beyond it.
    func end(around position: Sequence) -> Sequence? {
        ranges.first { $0.first <= position && position < $0.last }?.last
    }
}

/// The groups that subscriptions are in now.
final class FeedGroups: Sendable {
    private struct State {
        var groups: [CompiledFilter: FeedGroup] = [:]
        var lastID: FeedGroup.ID = 0
    }

    private let state = Mutex(State())

    /// The group of that filter, with one member more. Every `join` is followed by one `leave`.
    func join(_ plan: SearchPlan) -> FeedGroup {
        let filter = plan.filter
        return state.withLock { state in
            let group: FeedGroup
            if let known = state.groups[filter] {
                group = known
            } else {
                state.lastID += 1
                group = FeedGroup(id: state.lastID, plan: plan)
                state.groups[filter] = group
            }
            group.memberCount.add(1, ordering: .relaxed)
            return group
        }
    }

    func leave(_ group: FeedGroup) {
        state.withLock { state in
            let left = group.memberCount.subtract(1, ordering: .relaxed).newValue
            if left == 0 { state.groups[group.filter] = nil }
        }
    }

    var count: Int { state.withLock { $0.groups.count } }
}
