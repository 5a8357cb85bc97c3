import AuditModel
import Codec

/// Who waits for what: the pure half of the hub.
///
/// Subscriptions with equal filters in one organization form a group that is matched once for all
/// of them. Groups are found by organization, so that the traffic of one tenant costs the
/// subscribers of another nothing.
struct HubState<Waker: Sendable> {
    typealias GroupID = Int

    struct Member {
        var group: GroupID
        var waker: Waker
        /// Everything up to it has been handled; nil while the subscription is busy and needs no
        /// wake-up.
        var waitsAfter: Sequence?
    }

    private struct Group {
        var filter: CompiledFilter
        var organization: Int?
        var members: Set<SubscriptionID> = []
        /// Those of `members` that wait: a wake-up visits nobody else.
        var waiting: Set<SubscriptionID> = []
    }

    private(set) var members: [SubscriptionID: Member] = [:]
    private var groups: [GroupID: Group] = [:]
    private var groupByFilter: [CompiledFilter: GroupID] = [:]
    /// Groups of one organization, by the hash of its name; the filter itself tells a collision
    /// apart.
    private var groupsByOrganization: [Int: [GroupID]] = [:]
    private var groupsOfEveryOrganization: [GroupID] = []
    private var lastGroup: GroupID = 0
    private(set) var waitingCount = 0

    /// Every event up to it has been matched against the groups that had somebody waiting.
    private(set) var matchedThrough: Sequence

    init(head: Sequence) {
        matchedThrough = head
    }

    mutating func add(_ id: SubscriptionID, filter: CompiledFilter, waker: Waker) {
        let group = groupID(for: filter)
        groups[group]?.members.insert(id)
        members[id] = Member(group: group, waker: waker, waitsAfter: nil)
    }

    mutating func remove(_ id: SubscriptionID) {
        stopWaiting(id)
        guard let member = members.removeValue(forKey: id) else { return }
        groups[member.group]?.members.remove(id)
        guard let group = groups[member.group], group.members.isEmpty else { return }
        groups[member.group] = nil
        groupByFilter[group.filter] = nil
        if let organization = group.organization {
            groupsByOrganization[organization]?.removeAll { $0 == member.group }
            if groupsByOrganization[organization]?.isEmpty == true {
                groupsByOrganization[organization] = nil
            }
        } else {
            groupsOfEveryOrganization.removeAll { $0 == member.group }
        }
    }

    /// Registers the wish to be woken by what matches behind `position`. False when events behind
    /// it were matched already, without this subscription: it must look again itself.
    mutating func wait(_ id: SubscriptionID, after position: Sequence) -> Bool {
        // With nobody waiting nothing was matched; from here on it is for this position's sake.
        if waitingCount == 0 { matchedThrough = max(matchedThrough, position) }
        guard position >= matchedThrough else { return false }
        guard let group = members[id]?.group, members[id]?.waitsAfter == nil else { return true }
        members[id]?.waitsAfter = position
        groups[group]?.waiting.insert(id)
        waitingCount += 1
        return true
    }

    /// Ends a wait; gives the position that is known by now to hold nothing for this subscription.
    @discardableResult
    mutating func stopWaiting(_ id: SubscriptionID) -> Sequence? {
        guard let member = members[id], let position = member.waitsAfter else { return nil }
        members[id]?.waitsAfter = nil
        groups[member.group]?.waiting.remove(id)
        waitingCount -= 1
        return max(position, matchedThrough)
    }

    /// Matches a batch against the groups that somebody waits in; gives those to wake, with the
    /// position that each may go on from.
    mutating func match(_ batch: EventBatch) -> [HubWake<Waker>] {
        var wakes: [HubWake<Waker>] = []
        if waitingCount > 0 {
            for group in groupsMatching(batch) { wake(group, into: &wakes) }
        }
        matchedThrough = max(matchedThrough, batch.lastSequence)
        return wakes
    }

    /// Batches up to `sequence` left the ring before they were matched: everybody looks for
    /// himself.
    mutating func skip(to sequence: Sequence) -> [HubWake<Waker>] {
        var wakes: [HubWake<Waker>] = []
        for group in groups.keys { wake(group, into: &wakes) }
        matchedThrough = max(matchedThrough, sequence)
        return wakes
    }

    private mutating func wake(_ group: GroupID, into wakes: inout [HubWake<Waker>]) {
        for id in groups[group]?.waiting ?? [] {
            guard let member = members[id], let position = stopWaiting(id) else { continue }
            wakes.append(HubWake(subscription: id, waker: member.waker, position: position))
        }
    }

    private func groupsMatching(_ batch: EventBatch) -> [GroupID] {
        var matching: [GroupID] = []
        for index in 0..<batch.count {
            batch.withEvent(at: index) { event in
                let organization = Self.hash(event.organization)
                for group in groupsByOrganization[organization] ?? [] {
                    consider(group, event, &matching)
                }
                for group in groupsOfEveryOrganization { consider(group, event, &matching) }
            }
        }
        return matching
    }

    private func consider(_ id: GroupID, _ event: EventView, _ matching: inout [GroupID]) {
        guard let group = groups[id], !group.waiting.isEmpty, !matching.contains(id),
            group.filter.matches(event)
        else { return }
        matching.append(id)
    }

    private mutating func groupID(for filter: CompiledFilter) -> GroupID {
        if let known = groupByFilter[filter] { return known }
        lastGroup += 1
        let organization = filter.organization.map { name in
            name.withUnsafeBytes { Self.hash($0) }
        }
        groups[lastGroup] = Group(filter: filter, organization: organization)
        groupByFilter[filter] = lastGroup
        if let organization {
            groupsByOrganization[organization, default: []].append(lastGroup)
        } else {
            groupsOfEveryOrganization.append(lastGroup)
        }
        return lastGroup
    }

    private static func hash(_ organization: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: organization)
        return hasher.finalize()
    }
}
