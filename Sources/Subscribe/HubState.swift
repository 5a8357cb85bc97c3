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
        /// Everything up to it has been handled; nil while the subscription is busy.
        var waitsAfter: Sequence?
    }

    private struct Group {
        var filter: CompiledFilter
        var organization: OrganizationKey?
        var members: Set<SubscriptionID> = []
        /// Those of `members` that wait: a wake-up visits nobody else.
        var waiting: Set<SubscriptionID> = []
    }

    private(set) var members: [SubscriptionID: Member] = [:]
    private var groups: [GroupID: Group] = [:]
    private var groupByFilter: [CompiledFilter: GroupID] = [:]
    /// Groups by their organization; nil holds those that follow every organization.
    private var groupsByOrganization: [OrganizationKey?: Set<GroupID>] = [:]
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
        groupsByOrganization[group.organization]?.remove(member.group)
        if groupsByOrganization[group.organization]?.isEmpty == true {
            groupsByOrganization[group.organization] = nil
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

    /// The groups that somebody waits in and that events of these organizations may concern.
    func candidates(_ organizations: Set<OrganizationKey>) -> HubCandidates {
        var candidates = HubCandidates()
        guard waitingCount > 0 else { return candidates }
        for organization in organizations.map(Optional.some) + [nil] {
            for id in groupsByOrganization[organization] ?? [] {
                guard let group = groups[id], !group.waiting.isEmpty else { continue }
                candidates.add(id, group.filter, organization)
            }
        }
        return candidates
    }

    /// Ends the waits of these groups and gives those to wake, with the position that each may go
    /// on from; then everything through `sequence` is matched.
    mutating func wake(_ matched: [GroupID], through sequence: Sequence) -> [HubWake<Waker>] {
        defer { matchedThrough = max(matchedThrough, sequence) }
        var wakes: [HubWake<Waker>] = []
        for group in matched { wake(group, into: &wakes) }
        return wakes
    }

    /// Batches through `sequence` left the ring before they were matched: everybody looks himself.
    mutating func skip(through sequence: Sequence) -> [HubWake<Waker>] {
        wake(Array(groups.keys), through: sequence)
    }

    private mutating func wake(_ group: GroupID, into wakes: inout [HubWake<Waker>]) {
        for id in groups[group]?.waiting ?? [] {
            guard let member = members[id], let position = stopWaiting(id) else { continue }
            wakes.append(HubWake(subscription: id, waker: member.waker, position: position))
        }
    }

    private mutating func groupID(for filter: CompiledFilter) -> GroupID {
        if let known = groupByFilter[filter] { return known }
        lastGroup += 1
        let organization = filter.organization.map { name in
            name.withUnsafeBytes { OrganizationKey($0) }
        }
        groups[lastGroup] = Group(filter: filter, organization: organization)
        groupByFilter[filter] = lastGroup
        groupsByOrganization[organization, default: []].insert(lastGroup)
        return lastGroup
    }
}

/// The hash of an organization's name: finds its groups without making a String. The filters
/// themselves tell a collision apart.
struct OrganizationKey: Hashable {
    private let hash: Int

    init(_ name: UnsafeRawBufferPointer) {
        var hasher = Hasher()
        hasher.combine(bytes: name)
        hash = hasher.finalize()
    }
}

/// The groups that a batch may concern: a copy, to be matched without holding up anybody.
struct HubCandidates {
    private var open: [OrganizationKey?: [(group: Int, filter: CompiledFilter)]] = [:]
    private(set) var matched: [Int] = []

    var isEmpty: Bool { open.isEmpty }

    mutating func add(_ group: Int, _ filter: CompiledFilter, _ organization: OrganizationKey?) {
        open[organization, default: []].append((group, filter))
    }

    /// Moves the groups whose filter matches the event to `matched`.
    mutating func match(_ event: EventView, of organization: OrganizationKey) {
        match(event, under: organization)
        match(event, under: nil)
    }

    private mutating func match(_ event: EventView, under key: OrganizationKey?) {
        var found: [Int] = []
        open[key]?.removeAll { candidate in
            let matches = candidate.filter.matches(event)
            if matches { found.append(candidate.group) }
            return matches
        }
        matched += found
    }
}
