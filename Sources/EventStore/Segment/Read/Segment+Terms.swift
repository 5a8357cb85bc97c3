import AuditModel

extension Segment {
    /// The rows of an organization; empty when it has none.
    package func rows(of organization: [UInt8]) throws(StoreError) -> RowSet {
        try organizationRows(organization)?.set ?? .empty
    }

    /// The rows of an organization that have the term.
    package func rows(
        of organization: [UInt8], with term: EventTerm
    ) throws(StoreError) -> RowSet {
        guard isIndexed(term) else { return .empty }
        let key = TermKey.of(term, in: organization)
        let isAny = term.qualifier == nil
        let salt = isAny ? file.header.salt : ~file.header.salt
        let hash = key.withUnsafeBytes { Checksum.of($0, salt: salt) }
        // The next page of a search asks for the same again.
        let found = try cached(.termRows, hash) { () throws(StoreError) in
            TermRows(key, isAny: isAny, try readRows(of: organization, with: term, key))
        }
        // Two terms with one hash take turns in the cache.
        guard found.key == key, found.isAny == isAny else {
            return try readRows(of: organization, with: term, key)
        }
        return found.set
    }

    private func readRows(
        of organization: [UInt8], with term: EventTerm, _ key: [UInt8]
    ) throws(StoreError) -> RowSet {
        var places: OrganizationRows?
        var found: [Row] = []
        try visitTerms(startingWith: key) { entry throws(StoreError) in
            if term.qualifier != nil, entry.key.count != key.count { return true }
            let rows: OrganizationRows
            if let places {
                rows = places
            } else {
                rows = try organizationRows(organization, for: entry)
            }
            places = rows
            try withRanks(entry, below: rows.rows.count) { ranks in
                for rank in ranks { found.append(rows.rows[Int(rank)]) }
            }
            return term.qualifier == nil
        }
        return RowSet(found)
    }

    /// Whether any event can have it: other keys would be mistaken for those of another term.
    private func isIndexed(_ term: EventTerm) -> Bool {
        term.value.withUnsafeBytes { value in
            (term.qualifier ?? []).withUnsafeBytes { qualifier in
                IndexBuilder.isIndexed(term.field, value, qualifier)
            }
        }
    }

    /// Visits the values of a field in an organization: see `EventIndex`.
    package func visitValues(
        of organization: [UInt8], field: UInt8, among rows: RowSet?, _ body: (ValueCount) -> Bool
    ) throws(StoreError) {
        var wanted: RankMask?
        if let rows {
            guard let all = try organizationRows(organization) else { return }
            wanted = RankMask(of: rows, among: all)
        }
        try visitEntries(of: organization, field: field) {
            entry, value, qualifier throws(StoreError) in
            var count = entry.rows
            if let wanted, !wanted.isFull {
                count = 0
                try withRanks(entry, below: wanted.size) { ranks in count = wanted.count(ranks) }
            }
            guard count > 0 else { return true }
            return body(ValueCount(value: value, qualifier: qualifier, count: count))
        }
    }

    /// Visits the values of a field with the number of rows in each bucket: see `EventIndex`.
    package func visitValues(
        of organization: [UInt8], field: UInt8, among rows: RowSet?, in buckets: RowBuckets,
        _ body: (ValueBuckets) -> Bool
    ) throws(StoreError) {
        guard let numbers = buckets.numbers else {
            return try visitValues(of: organization, field: field, among: rows) {
                $0.inOneBucket(body)
            }
        }
        guard let all = try organizationRows(organization)?.rows else { return }
        var counter = BucketCounter(buckets, numbers)
        try visitEntries(of: organization, field: field) {
            entry, value, qualifier throws(StoreError) in
            try withRanks(entry, below: all.count) { ranks in
                for rank in ranks { counter.add(all[Int(rank)]) }
            }
            return counter.finish(value, qualifier, body)
        }
    }

    /// Visits the entries of a field in an organization with their values and qualifiers, in ascending order of
    /// these, until `body` returns false.
    private func visitEntries(
        of organization: [UInt8], field: UInt8,
        _ body: (TermEntry, UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) ->
            Bool
    ) throws(StoreError) {
        let prefix = organization.withUnsafeBytes { TermKey.prefix($0, field: field) }
        try visitTerms(startingWith: prefix) { entry throws(StoreError) in
            let rest = UnsafeRawBufferPointer(rebasing: entry.key[prefix.count...])
            guard let (value, qualifier) = TermKey.split(rest) else { throw entry.damaged }
            return try body(entry, value, qualifier)
        }
    }

    // MARK: Organizations

    /// From ranks to rows: what the sets of an organization's terms are relative to. Nil when it has
    /// no events here.
    func organizationRows(
        _ organization: [UInt8]
    ) throws(StoreError) -> OrganizationRows? {
        let hash = organization.withUnsafeBytes { Checksum.of($0, salt: file.header.salt) }
        let found = try cached(.organizationRows, hash) { () throws(StoreError) in
            try readOrganizationRows(organization)
        }
        // Two names with one hash take turns in the cache.
        let rows =
            found.organization == organization
            ? found : try readOrganizationRows(organization)
        return rows.rows.isEmpty ? nil : rows
    }

    private func readOrganizationRows(
        _ organization: [UInt8]
    ) throws(StoreError) -> OrganizationRows {
        let key = TermKey.rows(of: organization)
        var rows: [Row] = []
        try visitTerms(startingWith: key) { entry throws(StoreError) in
            try withRanks(entry, below: rowEnd) { rows = Array($0) }
            return false
        }
        return OrganizationRows(organization, rows)
    }

    /// The same for an organization that has a term, so that there must be rows.
    private func organizationRows(
        _ organization: [UInt8], for entry: TermEntry
    ) throws(StoreError) -> OrganizationRows {
        guard let rows = try organizationRows(organization) else { throw entry.damaged }
        return rows
    }
}

/// The rows of an organization in ascending order: the place of each is its rank.
final class OrganizationRows: CachedPart {
    let organization: [UInt8]
    let rows: [Row]
    let set: RowSet

    init(_ organization: [UInt8], _ rows: [Row]) {
        self.organization = organization
        self.rows = rows
        set = RowSet(rows)
    }

    var residentBytes: Int {
        organization.count + rows.count * MemoryLayout<Row>.stride + set.residentBytes
    }
}

/// The rows of a term.
private final class TermRows: CachedPart {
    let key: [UInt8]
    /// Whether it is of a value with any qualifier.
    let isAny: Bool
    let set: RowSet

    init(_ key: [UInt8], isAny: Bool, _ set: RowSet) {
        self.key = key
        self.isAny = isAny
        self.set = set
    }

    var residentBytes: Int { key.count + set.residentBytes }
}

/// A set of rows as a bit for each rank in an organization.
private struct RankMask {
    private var words: [UInt64]
    let size: Int
    let isFull: Bool

    init(of rows: RowSet, among all: OrganizationRows) {
        size = all.rows.count
        words = [UInt64](repeating: 0, count: (size + 63) / 64)
        let wanted = rows.intersection(all.set)
        isFull = wanted.count == size
        guard !isFull else { return }
        var walk = wanted.walk()
        var rank = 0
        while let row = walk.next() {
            while all.rows[rank] < row { rank += 1 }
            words[rank >> 6] |= 1 << UInt64(rank & 63)
        }
    }

    func count(_ ranks: UnsafeMutableBufferPointer<UInt32>) -> Int {
        var count = 0
        for rank in ranks {
            count += Int(words[Int(rank >> 6)] >> UInt64(rank & 63) & 1)
        }
        return count
    }
}
