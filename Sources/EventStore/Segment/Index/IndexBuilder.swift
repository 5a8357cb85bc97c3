import AuditModel

/// Gathers what is indexed of a range of events, while they come: the active log answers from it, and a
/// segment's indexes are written from it.
///
/// Events are numbered from 0 as they come; a row is where an event belongs in the range, which is the
/// same number unless retention left some out.
final class IndexBuilder: @unchecked Sendable {
    // @unchecked: changed by one thread at a time, under its owner's lock while others read; once it
    // is complete, nothing changes it. Exclusivity is checked by that and not at each access.

    let first: Sequence
    let extract: TermExtractor
    @exclusivity(unchecked) private(set) var terms: TermTable
    @exclusivity(unchecked) private(set) var organizations: OrganizationTable
    /// By the number of an event.
    @exclusivity(unchecked) private(set) var rows = FlatArray<Row>(capacity: 1024)
    @exclusivity(unchecked) private(set) var ranks = FlatArray<UInt32>(capacity: 1024)
    @exclusivity(unchecked) private(set) var occurred = FlatArray<Int64>(capacity: 1024)
    /// Events that were recorded later than the one before them.
    @exclusivity(unchecked) private(set) var recorded = FlatArray<(event: Int, time: Int64)>()
    /// By organization: the term of its rows.
    @exclusivity(unchecked) private var rowTerms = FlatArray<UInt32>()
    /// By organization and field: the last term of it, plus 1.
    @exclusivity(unchecked) private var lastInField = FlatArray<UInt32>()
    @exclusivity(unchecked) private(set) var eventBytes = 0

    /// - Parameter secret: known to nobody who sends events.
    init(first: Sequence, secret: UInt64, terms extract: TermExtractor) {
        self.first = first
        self.extract = extract
        terms = TermTable(secret: secret)
        organizations = OrganizationTable(secret: secret)
    }

    var count: Int { rows.count }

    var lastRow: Row? { rows.isEmpty ? nil : rows[rows.count - 1] }

    /// In bytes.
    var residentBytes: Int {
        terms.residentBytes + organizations.residentBytes + rows.residentBytes
            + ranks.residentBytes + occurred.residentBytes + recorded.residentBytes
            + rowTerms.residentBytes + lastInField.residentBytes
    }

    /// Adds an event, whose sequence is after the last one's.
    func add(_ event: EventView) {
        let row = Row(event.sequence.rawValue - first.rawValue)
        precondition(lastRow.map { $0 < row } ?? true, "events are added in order of sequence")
        let number = UInt32(rows.count)
        let (organization, rank) = organizations.add(event)
        if rank == 0 { begin(organization) }
        let time = event.recordedAt.nanosecondsSinceEpoch
        if recorded.isEmpty || recorded[recorded.count - 1].time != time {
            recorded.append((Int(number), time))
        }
        rows.append(row)
        ranks.append(UInt32(rank))
        occurred.append(event.occurredAt.nanosecondsSinceEpoch)
        eventBytes += event.organization.count + event.payload.count
        terms.post(number, to: Int(rowTerms[organization]))
        extract(event) { field, value, qualifier in
            post(number, organization, field, value, qualifier)
        }
    }

    private func begin(_ organization: Int) {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let (term, _) = terms.intern(
            organization: UInt32(organization), field: TermKey.organizationRows, value: none,
            qualifier: none)
        rowTerms.append(UInt32(term))
        for _ in 0..<Limits.termFields { lastInField.append(0) }
    }

    @inline(__always)
    private func post(
        _ event: UInt32, _ organization: Int, _ field: UInt8, _ value: UnsafeRawBufferPointer,
        _ qualifier: UnsafeRawBufferPointer
    ) {
        guard IndexBuilder.isIndexed(field, value, qualifier) else { return }
        let (term, isNew) = terms.intern(
            organization: UInt32(organization), field: field, value: value, qualifier: qualifier)
        if isNew {
            let place = organization * Limits.termFields + Int(field)
            terms.link(term, to: lastInField[place])
            lastInField[place] = UInt32(term) + 1
        }
        terms.post(event, to: term)
    }

    /// What can be a key: see `TermExtractor`.
    @inline(__always)
    static func isIndexed(
        _ field: UInt8, _ value: UnsafeRawBufferPointer, _ qualifier: UnsafeRawBufferPointer
    ) -> Bool {
        field != TermKey.organizationRows && field < Limits.termFields && !value.isEmpty
            && value.count <= Limits.termBytesMax
            && qualifier.count <= Limits.termBytesMax && !value.containsZero
    }

    /// The term of an organization's rows.
    func rowTerm(of organization: Int) -> Int { Int(rowTerms[organization]) }

    /// Calls `body` with each term of a field in an organization, the newest first.
    func visitTerms(of organization: Int, field: UInt8, _ body: (Int) -> Void) {
        var next = lastInField[organization * Limits.termFields + Int(field)]
        while next != 0 {
            let term = Int(next) - 1
            body(term)
            next = terms.terms[term].nextInField
        }
    }

    /// The rows of a term.
    func rowSet(of term: Int) -> RowSet {
        let count = Int(terms.terms[term].events)
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { events in
            terms.fill(events, of: term)
            for index in events.indices { events[index] = rows[Int(events[index])] }
            return RowSet(UnsafeBufferPointer(events))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether any byte is zero.
    @inline(__always)
    var containsZero: Bool {
        var offset = 0
        while offset + 8 <= count {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { return true }
            offset += 8
        }
        while offset < count {
            if self[offset] == 0 { return true }
            offset += 1
        }
        return false
    }
}
