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
        guard try IdentifierFilter.mayContain(hash, filter().bytes) else { return nil }
        let pages = try identifierPages()
        guard !pages.isEmpty else { return nil }
        var found: Row?
        for row in try candidates(hash, pages) where found == nil && row >= floor {
            guard let block = try block(holding: row), let number = block.index(of: row) else {
                continue
            }
            let isIt = block.withEvent(at: number) { event in
                event.id == id && event.organization.equals(organization)
            }
            if isIt { found = row }
        }
        return found
    }

    func filter() throws(StoreError) -> CachedBytes {
        try cached(.identifierFilter) { () throws(StoreError) in
            CachedBytes(try readCopy(.identifierFilter))
        }
    }

    private func readCopy(_ part: SegmentPart) throws(StoreError) -> OwnedBytes {
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

    /// Rows whose fingerprint is that of the hash.
    func candidates(_ hash: UInt64, _ pages: [Piece]) throws(StoreError) -> [Row] {
        let number = IdentifierTable.page(of: hash, pages: pages.count)
        let piece = pages[number]
        let page = try identifierPage(number, piece)
        var rows: [Row] = []
        guard IdentifierTable.visitCandidates(hash, in: page.bytes, { rows.append($0) }) else {
            throw file.damaged("does not add up", piece, .identifiers)
        }
        return rows
    }
}
