import AuditModel
import Codec

/// Finds the groups that an event may concern by what it has: its organization, then one value of
/// the event. Only filters without such a value are tried one by one.
struct HubIndex {
    typealias GroupID = Int

    private var groups: [HubKey: Set<GroupID>] = [:]
    /// Of the keys of `groups`.
    private(set) var sieve = KeySieve()
    /// How many groups of an organization are found by each field; nil holds those that follow every
    /// organization.
    private var interests: [OrganizationKey?: Interest] = [:]

    /// What is looked up for the events of an organization.
    struct Interest {
        /// Groups found by each field, and last those that are tried one by one.
        private var counts = [Int](repeating: 0, count: SelectorField.allCases.count + 1)
        private(set) var fields: FilterSelector.Fields = []

        var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }
        /// Whether some groups are tried with every event.
        var triesAll: Bool { counts[counts.count - 1] > 0 }

        fileprivate mutating func change(_ field: SelectorField?, by count: Int) {
            let index = field.map { Int($0.rawValue) } ?? counts.count - 1
            counts[index] += count
            guard let field else { return }
            if counts[index] > 0 {
                fields.insert(FilterSelector.Fields(field))
            } else {
                fields.remove(FilterSelector.Fields(field))
            }
        }
    }

    mutating func insert(_ group: GroupID, _ keys: HubKeys) {
        for key in keys.keys {
            if groups[key] == nil { sieve.insert(key.hash) }
            groups[key, default: []].insert(group)
        }
        renewSieve()
        interests[keys.organization, default: Interest()].change(keys.field, by: 1)
    }

    mutating func remove(_ group: GroupID, _ keys: HubKeys) {
        for key in keys.keys {
            groups[key]?.remove(group)
            if groups[key]?.isEmpty == true {
                groups[key] = nil
                sieve.remove()
            }
        }
        renewSieve()
        interests[keys.organization]?.change(keys.field, by: -1)
        if interests[keys.organization]?.isEmpty == true { interests[keys.organization] = nil }
    }

    private mutating func renewSieve() {
        guard sieve.isWorn else { return }
        sieve = KeySieve(keysExpected: groups.count)
        for key in groups.keys { sieve.insert(key.hash) }
    }

    /// Nil when nobody follows the organization; nil asks for those that follow all of them.
    func interest(in organization: OrganizationKey?) -> Interest? { interests[organization] }

    func groups(under key: HubKey) -> Set<GroupID> { groups[key] ?? [] }
}
