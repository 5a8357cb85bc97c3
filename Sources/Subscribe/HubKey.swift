import AuditModel
import Codec

/// Under what the groups of subscriptions are found: an organization and one value of a field, or an
/// organization alone. A hash like that of the organization.
struct HubKey: Hashable {
    let hash: Int

    /// Groups whose filter has to be asked about every event of the organization; nil for all.
    init(_ organization: OrganizationKey?) {
        hash = organization?.hash ?? 0
    }

    /// Groups whose filter wants this value, among others.
    init(
        _ organization: OrganizationKey?, _ field: SelectorField, _ value: UnsafeRawBufferPointer
    ) {
        var hasher = Hasher()
        hasher.combine(organization?.hash ?? 0)
        hasher.combine(field.rawValue)
        hasher.combine(bytes: value)
        hash = hasher.finalize()
    }
}

/// The keys under which a filter's group is found.
struct HubKeys {
    let organization: OrganizationKey?
    let field: SelectorField?
    let keys: [HubKey]

    init(_ filter: CompiledFilter) {
        let organization = filter.organization.map { name in
            name.withUnsafeBytes { OrganizationKey($0) }
        }
        self.organization = organization
        field = filter.selector?.field
        guard let selector = filter.selector else {
            keys = [HubKey(organization)]
            return
        }
        keys = selector.values.map { value in
            value.withUnsafeBytes { HubKey(organization, selector.field, $0) }
        }
    }
}
