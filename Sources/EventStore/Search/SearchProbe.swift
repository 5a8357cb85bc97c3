import AuditModel

/// What an event must have to match a filter, as far as segments know of it without being read: when it
/// happened, and of each field at least one of some values.
package struct SearchProbe: Sendable {
    /// Nil for any time.
    private let occurred: OccurredRange?
    /// Hashes of the alternatives of each field; empty when it is about all organizations.
    let fields: [[UInt64]]

    /// - Parameter organization: nil for all of them, whose terms no filter knows.
    package init(
        organization: [UInt8]?, fields: [[EventTerm]], occurred: OccurredRange? = nil
    ) {
        self.occurred = occurred
        guard let organization else {
            self.fields = []
            return
        }
        let hashes = fields.map { terms in
            terms.map { term in
                TermFilter.hash(
                    TermKey.of(EventTerm(field: term.field, value: term.value), in: organization))
            }
        }
        self.fields = hashes.isEmpty ? [[TermFilter.hash(TermKey.rows(of: organization))]] : hashes
    }

    /// False when nothing that happened between the two, in nanoseconds, matches.
    @inline(__always)
    func mayHold(_ least: Int64, _ greatest: Int64) -> Bool {
        guard let occurred else { return true }
        let since = occurred.since?.nanosecondsSinceEpoch ?? .min
        // Nothing is later than the last of all times.
        let isBefore = occurred.until.map { least < $0.nanosecondsSinceEpoch } ?? true
        return since <= greatest && isBefore
    }

    /// False when no event of the segment matches. Reads its filter the first time.
    func mayMatch(_ segment: Segment) -> Bool {
        if let occurred, !segment.mayHold(occurred) { return false }
        return fields.isEmpty || segment.mayMatch(self)
    }

    /// False when the filter's segment has no event that matches.
    @inline(__always)
    func mayMatch(_ filter: UnsafeRawBufferPointer, salt: UInt64) -> Bool {
        for hashes in fields {
            var isThere = false
            for hash in hashes where !isThere {
                isThere = HashFilter.mayContain(TermFilter.keyed(hash, salt: salt), filter)
            }
            if !isThere { return false }
        }
        return true
    }
}
