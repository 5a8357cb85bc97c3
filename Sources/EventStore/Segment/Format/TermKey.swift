/// The order of the term dictionary: the organization with its length before it, the field, the value,
/// a zero byte, the qualifier. All values of one organization and field lie together, in the order
/// of their bytes.
enum TermKey {
    /// The field of the entry that holds an organization's rows.
    static let organizationRows: UInt8 = 0

    /// Bytes of an organization's length.
    static let lengthBytes = 2

    static func prefix(_ organization: UnsafeRawBufferPointer, field: UInt8) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(lengthBytes + organization.count + 64)
        key.append(UInt8(truncatingIfNeeded: organization.count >> 8))
        key.append(UInt8(truncatingIfNeeded: organization.count))
        key += organization
        key.append(field)
        return key
    }

    /// The key of an organization's rows.
    static func rows(of organization: [UInt8]) -> [UInt8] {
        organization.withUnsafeBytes { prefix($0, field: organizationRows) } + [0]
    }

    /// Of a term without a qualifier: the prefix of the keys of that value with any.
    static func of(_ term: EventTerm, in organization: [UInt8]) -> [UInt8] {
        organization.withUnsafeBytes { prefix($0, field: term.field) } + term.value + [0]
            + (term.qualifier ?? [])
    }

    /// Organization, field and the rest of a key; nil when it is none.
    static func parse(
        _ key: UnsafeRawBufferPointer
    ) -> (
        organization: UnsafeRawBufferPointer, field: UInt8, rest: UnsafeRawBufferPointer
    )? {
        guard key.count > lengthBytes else { return nil }
        let end = lengthBytes + (Int(key[0]) << 8 | Int(key[1]))
        guard end < key.count else { return nil }
        return (
            UnsafeRawBufferPointer(rebasing: key[lengthBytes..<end]), key[end],
            UnsafeRawBufferPointer(rebasing: key[(end + 1)...])
        )
    }

    /// Value and qualifier of what follows a prefix; nil without the zero byte.
    static func split(
        _ rest: UnsafeRawBufferPointer
    ) -> (value: UnsafeRawBufferPointer, qualifier: UnsafeRawBufferPointer)? {
        guard let zero = rest.firstIndex(of: 0) else { return nil }
        return (
            UnsafeRawBufferPointer(rebasing: rest[..<zero]),
            UnsafeRawBufferPointer(rebasing: rest[(zero + 1)...])
        )
    }
}
