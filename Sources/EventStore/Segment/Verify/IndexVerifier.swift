import AuditModel

/// Compares the indexes of a segment with what its events say.
struct IndexVerifier {
    let segment: Segment
    /// Made of the events anew; nil when not all of them could be read, so that only checksums count.
    let builder: IndexBuilder?
    /// False when the segment was indexed by other terms than those of the builder.
    let knowsTerms: Bool

    /// - Parameter hashes: of the ids, by the number of an event.
    func run(_ hashes: borrowing FlatArray<UInt64>, _ report: inout SegmentReport) {
        report.check { () throws(StoreError) in try checkRows() }
        report.check { () throws(StoreError) in try checkOrganizations() }
        report.check { () throws(StoreError) in try checkTerms() }
        report.check { () throws(StoreError) in try checkTermFilter() }
        report.check { () throws(StoreError) in try checkTimes() }
        do throws(StoreError) { try checkIdentifiers(hashes) } catch { report.add(error) }
    }

    private func wrong(_ part: SegmentPart) -> StoreError {
        segment.file.damaged(
            "does not say what the events say",
            Piece(offset: segment.footer[part].lowerBound, length: 0), part)
    }

    private func checkRows() throws(StoreError) {
        let rows = try segment.rows()
        guard let builder else { return }
        guard rows == RowSet(UnsafeBufferPointer(builder.rows.elements)),
            builder.count == segment.footer.events,
            builder.eventBytes == segment.footer.eventBytes
        else { throw wrong(.liveRows) }
    }

    private func checkOrganizations() throws(StoreError) {
        let organizations = try segment.organizations()
        guard let builder else { return }
        guard organizations == builder.organizations.summaries else { throw wrong(.organizations) }
    }

    /// Every entry of the dictionary has just the events that have its term, and every term has an
    /// entry.
    private func checkTerms() throws(StoreError) {
        let builder = knowsTerms ? builder : nil
        var entries = 0
        var before: [UInt8] = []
        var postingsEnd = segment.footer[.postings].lowerBound
        let limit = segment.rowEnd
        try segment.visitTerms(startingWith: []) { entry throws(StoreError) in
            guard before.withUnsafeBytes({ $0.compare(entry.key) }) < 0 else {
                throw wrong(.terms)
            }
            before = Array(entry.key)
            entries += 1
            if case .outside(let place) = entry.list {
                let start = segment.footer[.postings].lowerBound
                guard start + place.offset == postingsEnd else { throw wrong(.postings) }
                postingsEnd = Piece(offset: postingsEnd, length: place.length).end
            }
            var isRight = true
            try segment.withRanks(entry, below: limit) { numbers in
                isRight = builder?.has(entry.key, UnsafeBufferPointer(numbers)) ?? true
            }
            guard isRight else { throw wrong(.terms) }
            return true
        }
        guard postingsEnd == segment.footer[.postings].upperBound else { throw wrong(.postings) }
        guard let builder else { return }
        guard entries == builder.terms.count else { throw wrong(.terms) }
    }

    /// A segment of an earlier program has none.
    private func checkTermFilter() throws(StoreError) {
        guard let filter = try segment.readTermFilter(), knowsTerms, let builder else { return }
        for term in 0..<builder.terms.count {
            let hash = TermFilter.hash(builder.termKey(of: term), salt: segment.file.header.salt)
            guard HashFilter.mayContain(hash, filter.bytes) else { throw wrong(.termFilter) }
        }
    }

    private func checkTimes() throws(StoreError) {
        var first = 0
        for (number, chunk) in try segment.occurredChunks().enumerated() {
            let count = min(Limits.occurredChunkValues, segment.footer.events - first)
            let times = try segment.times(number, chunk.piece, count: count)
            guard times.min() == chunk.least.nanosecondsSinceEpoch,
                times.max() == chunk.greatest.nanosecondsSinceEpoch
            else { throw wrong(.occurredIndex) }
            if let builder {
                guard first + count <= builder.count,
                    times.elementsEqual(builder.occurred.elements[first..<first + count])
                else { throw wrong(.occurred) }
            }
            first += count
        }
    }

    private func checkIdentifiers(_ hashes: borrowing FlatArray<UInt64>) throws(StoreError) {
        let filter = try segment.filter()
        let pages = try segment.identifierPages()
        var entries = 0
        for (number, piece) in pages.enumerated() {
            let page = try segment.identifierPage(number, piece)
            guard let count = IdentifierTable.count(of: page.bytes) else {
                throw wrong(.identifiers)
            }
            entries += count
        }
        guard let builder else { return }
        guard entries == builder.count else { throw wrong(.identifiers) }
        for event in 0..<hashes.count {
            let hash = hashes[event]
            guard !segment.hasSpreadIdentifiers || HashFilter.mayContain(hash, filter.bytes) else {
                throw wrong(.identifierFilter)
            }
            guard try segment.candidates(hash, pages).contains(builder.rows[event]) else {
                throw wrong(.identifiers)
            }
        }
    }
}

extension IndexBuilder {
    /// Whether the key is that of a term with just these numbers: rows of an organization, else ranks
    /// in it.
    fileprivate func has(
        _ key: UnsafeRawBufferPointer, _ numbers: UnsafeBufferPointer<UInt32>
    ) -> Bool {
        guard let (organization, field, rest) = TermKey.parse(key),
            let number = organizations.find(organization),
            let (value, qualifier) = TermKey.split(rest),
            let term = terms.find(
                organization: UInt32(number), field: field, value: value, qualifier: qualifier),
            Int(terms.terms[term].events) == numbers.count
        else { return false }
        var index = numbers.count
        var isSame = true
        terms.visitEvents(of: term) { event in
            index -= 1
            let expected =
                field == TermKey.organizationRows ? rows[Int(event)] : ranks[Int(event)]
            isSame = isSame && numbers[index] == expected
        }
        return isSame
    }
}
