import AuditModel
import Codec

/// Who waits for what: the pure half of the hub.
///
/// Subscriptions with equal filters in one organization form a group that is matched once for all
/// of them. Groups are found by what an event has (`HubIndex`), so that those whom it does not
/// concern cost it nothing.
struct HubState<Waker: Sendable> {
    typealias GroupID = HubIndex.GroupID

    struct Member {
        var group: GroupID
        var waker: Waker
        var gauge: SubscriptionGauge
        /// Everything up to it has been handled; nil while the subscription is busy.
        var waitsAfter: Sequence?
        /// Its place among those of its group that wait.
        var place = 0
    }

    private struct Group {
        var filter: CompiledFilter
        var keys: HubKeys
        var memberCount = 0
        /// Those that wait, in no order: a wake-up visits nobody else.
        var waiting: [SubscriptionID] = []
    }

    private(set) var members: [SubscriptionID: Member] = [:]
    private var groups: [GroupID: Group] = [:]
    private var groupByFilter: [CompiledFilter: GroupID] = [:]
    private(set) var index = HubIndex()
    private var lastGroup: GroupID = 0
    private(set) var waitingCount = 0

    /// Every event up to it has been matched against the groups that had somebody waiting.
    private(set) var matchedThrough: Sequence

    init(head: Sequence) {
        matchedThrough = head
    }

    mutating func add(
        _ id: SubscriptionID, filter: CompiledFilter, waker: Waker, gauge: SubscriptionGauge
    ) {
        let group = groupID(for: filter)
        groups[group]?.memberCount += 1
        members[id] = Member(group: group, waker: waker, gauge: gauge)
    }

    mutating func remove(_ id: SubscriptionID) {
        stopWaiting(id)
        guard let member = members.removeValue(forKey: id) else { return }
        groups[member.group]?.memberCount -= 1
        guard let group = groups[member.group], group.memberCount == 0 else { return }
        groups[member.group] = nil
        groupByFilter[group.filter] = nil
        index.remove(member.group, group.keys)
    }

    private mutating func groupID(for filter: CompiledFilter) -> GroupID {
        if let known = groupByFilter[filter] { return known }
        lastGroup += 1
        let group = Group(filter: filter, keys: HubKeys(filter))
        groups[lastGroup] = group
        groupByFilter[filter] = lastGroup
        index.insert(lastGroup, group.keys)
        return lastGroup
    }

    // MARK: Waiting

    /// Registers the wish to be woken by what matches behind `position`. False when events behind
    /// it were matched already, without this subscription: it must look again itself.
    ///
    /// - Parameter head: the newest sequence published.
    mutating func wait(_ id: SubscriptionID, after position: Sequence, head: Sequence) -> Bool {
        // With nobody waiting nothing was matched; from here on it is for this position's sake. Who read the disk may
        // be ahead of what is published: others, who are not, have nothing to look at again.
        if waitingCount == 0 { matchedThrough = max(matchedThrough, min(position, head)) }
        guard position >= matchedThrough else { return false }
        guard let group = members[id]?.group, members[id]?.waitsAfter == nil else { return true }
        members[id]?.waitsAfter = position
        members[id]?.place = groups[group]?.waiting.count ?? 0
        groups[group]?.waiting.append(id)
        waitingCount += 1
        return true
    }

    /// Ends a wait; gives the position that is known by now to hold nothing for this subscription.
    @discardableResult
    mutating func stopWaiting(_ id: SubscriptionID) -> Sequence? {
        guard let member = members[id], let position = member.waitsAfter else { return nil }
        members[id]?.waitsAfter = nil
        if let last = groups[member.group]?.waiting.popLast(), last != id {
            // The last one takes its place.
            groups[member.group]?.waiting[member.place] = last
            members[last]?.place = member.place
        }
        waitingCount -= 1
        return max(position, matchedThrough)
    }

    /// Up to where nothing waits for this subscription; nil while it is busy.
    func position(of id: SubscriptionID) -> Sequence? {
        guard let position = members[id]?.waitsAfter else { return nil }
        return max(position, matchedThrough)
    }

    // MARK: Matching

    /// What to look up for the events of these organizations, and for those of all.
    func interests(
        in organizations: Set<OrganizationKey>
    ) -> (each: [OrganizationKey: HubIndex.Interest], all: HubIndex.Interest?) {
        guard waitingCount > 0 else { return ([:], nil) }
        var each: [OrganizationKey: HubIndex.Interest] = [:]
        for organization in organizations {
            if let interest = index.interest(in: organization) { each[organization] = interest }
        }
        return (each, index.interest(in: nil))
    }

    /// The groups under a key in which somebody waits.
    func candidates(under key: HubKey) -> [HubProbe.Candidate] {
        index.groups(under: key).compactMap { id in
            guard let group = groups[id], !group.waiting.isEmpty else { return nil }
            return HubProbe.Candidate(group: id, filter: group.filter)
        }
    }

    /// Ends the waits of these groups and gives those to wake, with the position that each may go
    /// on from, which is before the first event that it wants; then everything through `sequence` is
    /// matched.
    mutating func wake(
        _ matches: [HubProbe.Match], through sequence: Sequence
    ) -> [HubWake<Waker>] {
        var wakes: [HubWake<Waker>] = []
        for match in matches {
            wake(match.group, after: match.sequence.previous, before: sequence, into: &wakes)
        }
        matchedThrough = max(matchedThrough, sequence)
        return wakes
    }

    /// Batches through `sequence` left the ring before they were matched: everybody looks himself.
    mutating func skip(through sequence: Sequence) -> [HubWake<Waker>] {
        var wakes: [HubWake<Waker>] = []
        for group in groups.keys {
            wake(group, after: matchedThrough, before: sequence, into: &wakes)
        }
        matchedThrough = max(matchedThrough, sequence)
        return wakes
    }

    /// Wakes those that wait for what is at `end` or before it: the others have seen it.
    private mutating func wake(
        _ group: GroupID, after position: Sequence, before end: Sequence,
        into wakes: inout [HubWake<Waker>]
    ) {
        guard let waiting = groups[group]?.waiting else { return }
        groups[group]?.waiting = []
        for id in waiting {
            guard let member = members[id], let waitsAfter = member.waitsAfter else { continue }
            guard waitsAfter < end else {
                members[id]?.place = groups[group]?.waiting.count ?? 0
                groups[group]?.waiting.append(id)
                continue
            }
            members[id]?.waitsAfter = nil
            waitingCount -= 1
            wakes.append(
                HubWake(
                    subscription: id, waker: member.waker, position: max(waitsAfter, position)))
        }
    }

    /// Where every subscription stands.
    var readings: [SubscriptionGauge.Reading] {
        members.values.map { member in
            var reading = member.gauge.reading
            // What does not match passes by one that waits.
            if let waitsAfter = member.waitsAfter {
                reading.position = max(waitsAfter, matchedThrough)
            }
            return reading
        }
    }
}
