package import AuditModel

extension Segment {
    /// The row of the event with that id in that organization; nil when there is none. Costs no
    /// read of events when the id is new, and none at all when the filter is cached.
    ///
    /// - Parameter floor: rows before it do not count: retention hides them, and their ids are free.
    package func find(
        organization: UnsafeRawBufferPointer, id: EventID, from floor: Row = 0
    ) throws(StoreError) -> Row? {
        let hash = IdentifierTable.hash(
            organization: organization, id: id, salt: file.header.salt)
        for row in try candidates(hash) where row >= floor {
            guard let block = try block(holding: row), let number = block.index(of: row) else {
                continue
            }
            let isIt = block.withEvent(at: number) { event in
                event.id == id && event.organization.equals(organization)
            }
            if isIt { return row }
        }
        return nil
    }

    /// Rows whose id may be the one; looked for in the events themselves when the table is damaged.
    private func candidates(_ hash: UInt64) throws(StoreError) -> [Row] {
        do throws(StoreError) {
            if hasSpreadIdentifiers, !HashFilter.mayContain(hash, try filter().bytes) { return [] }
            let pages = try identifierPages()
            return pages.isEmpty ? [] : try candidates(hash, pages)
        } catch {
            guard error.code == .damaged else { throw error }
            return try candidatesInEvents(hash)
        }
    }

    private struct HashedRow {
        var hash: UInt64
        var row: Row
    }

    /// Without this a damaged table would refuse every event that names its id, for as long as the
    /// segment is kept. Throws `damaged` when not all events can be read either.
    private func candidatesInEvents(_ hash: UInt64) throws(StoreError) -> [Row] {
        let rows = try cached(.identifierHashes) { () throws(StoreError) in
            var rows: [HashedRow] = []
            rows.reserveCapacity(bounds.events)
            for entry in try blockIndex() {
                let block = try readBlock(entry)
                for number in 0..<block.count {
                    block.withEvent(at: number) { event in
                        let hash = IdentifierTable.hash(
                            organization: event.organization, id: event.id, salt: file.header.salt)
                        rows.append(HashedRow(hash: hash, row: block.row(at: number)))
                    }
                }
            }
            rows.sort { ($0.hash, $0.row) < ($1.hash, $1.row) }
            return Cached(rows, residentBytes: rows.count * MemoryLayout<HashedRow>.stride)
        }.value
        return rows[rows.partitionIndex { $0.hash >= hash }...].prefix { $0.hash == hash }
            .map(\.row)
    }

    func filter() throws(StoreError) -> CachedBytes {
        try cached(.identifierFilter) { () throws(StoreError) in
            CachedBytes(try readCopy(.identifierFilter))
        }
    }

    func readCopy(_ part: SegmentPart) throws(StoreError) -> OwnedBytes {
        try read(part) { bytes in
            let copy = OwnedBytes(count: bytes.count)
            copy.buffer.copyMemory(from: bytes)
            return copy
        }
    }

    func identifierPages() throws(StoreError) -> [Piece] {
        try cached(.identifierIndex) { () throws(StoreError) in
            let pages = try read(.identifierIndex) { bytes in
                IdentifierTable.readIndex(
                    bytes, part: footer[.identifiers], events: footer.events)
            }
            return Cached(pages, residentBytes: pages.count * MemoryLayout<Piece>.stride)
        }.value
    }

    func identifierPage(_ number: Int, _ piece: Piece) throws(StoreError) -> CachedBytes {
        try cached(.identifierPage, UInt64(number)) { () throws(StoreError) in
            let bytes = try file.read(piece, of: .identifiers)
            let copy = OwnedBytes(count: bytes.bytes.count)
            copy.buffer.copyMemory(from: bytes.bytes)
            return CachedBytes(copy)
        }
    }

    /// Those who wrote segments without a filter of terms put all ids into the first page of the table
    /// and the first block of its filter.
    var hasSpreadIdentifiers: Bool { !footer[.termFilter].isEmpty }

    /// Rows whose fingerprint is that of the hash.
    func candidates(_ hash: UInt64, _ pages: [Piece]) throws(StoreError) -> [Row] {
        let number =
            hasSpreadIdentifiers ? IdentifierTable.page(of: hash, pages: pages.count) : 0
        let piece = pages[number]
        let page = try identifierPage(number, piece)
        var rows: [Row] = []
        guard IdentifierTable.visitCandidates(hash, in: page.bytes, { rows.append($0) }) else {
            throw file.damaged("does not add up", piece, .identifiers)
        }
        return rows
    }
}
