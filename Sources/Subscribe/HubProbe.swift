import AuditModel
import Codec

/// Which groups one batch concerns, found in steps between which nobody holds a lock: whose
/// organizations somebody follows, what the events have in the fields that are looked up, and then
/// the filters of the few groups that were found.
struct HubProbe {
    /// An event under a key that its groups may be found by.
    private struct Place {
        var key: HubKey
        var index: Int
    }

    private let batch: EventBatch
    private let runs: [BatchOrganizations.Run]
    private var places: [Place] = []
    private var candidates: [HubKey: [Candidate]] = [:]
    /// Filters that were asked about an event: what matching costs.
    private(set) var filtersAsked = 0

    /// A group that somebody waits in.
    struct Candidate {
        var group: HubIndex.GroupID
        var filter: CompiledFilter
    }

    /// A group and the first event that it wants.
    struct Match {
        var group: HubIndex.GroupID
        var sequence: Sequence
    }

    init(_ batch: EventBatch) {
        self.batch = batch
        runs = batch.organizations.runs
    }

    /// First step: which organizations it holds.
    var distinctOrganizations: Set<OrganizationKey> { Set(runs.map(\.organization)) }

    /// Second step: the keys of its events, as far as somebody's groups may be found by them.
    ///
    /// - Parameter sieve: of the keys of all groups.
    mutating func look(
        for interests: [OrganizationKey: HubIndex.Interest], inAll: HubIndex.Interest?,
        _ sieve: KeySieve
    ) {
        for run in runs {
            let interest = interests[run.organization]
            guard interest != nil || inAll != nil else { continue }
            for index in run.events {
                if let interest { look(index, run.organization, interest, sieve) }
                if let inAll { look(index, nil, inAll, sieve) }
            }
        }
    }

    private mutating func look(
        _ index: Int, _ organization: OrganizationKey?, _ interest: HubIndex.Interest,
        _ sieve: KeySieve
    ) {
        if interest.triesAll { places.append(Place(key: HubKey(organization), index: index)) }
        guard !interest.fields.isEmpty else { return }
        batch.withEvent(at: index) { event in
            FilterSelector.visit(event.payload, interest.fields) { field, value in
                let key = HubKey(organization, field, value)
                if sieve.mayContain(key.hash) { places.append(Place(key: key, index: index)) }
            }
        }
    }

    /// Third step: takes the groups to ask, from the index and those who wait.
    mutating func take(_ find: (HubKey) -> [Candidate]) {
        for place in places where candidates[place.key] == nil {
            candidates[place.key] = find(place.key)
        }
    }

    /// Last step: asks the filters, in the order of the events. Each group is found once.
    mutating func match() -> [Match] {
        let batch = batch
        var found: Set<HubIndex.GroupID> = []
        var matches: [Match] = []
        var asked = 0
        for place in places {
            guard let slot = candidates.index(forKey: place.key) else { continue }
            candidates.values[slot].removeAll { candidate in
                guard !found.contains(candidate.group) else { return true }
                asked += 1
                guard batch.withEvent(at: place.index, { candidate.filter.matches($0) }) else {
                    return false
                }
                found.insert(candidate.group)
                let sequence = batch.firstSequence + place.index
                matches.append(Match(group: candidate.group, sequence: sequence))
                return true
            }
        }
        filtersAsked += asked
        return matches
    }
}
