package import AuditModel

extension Segment {
    /// The block in which the row lies, from the cache or with one read; nil when retention left
    /// the row out or the segment does not have it.
    package func block(holding row: Row) throws(StoreError) -> EventBlock? {
        try block(holding: row, among: blockIndex())
    }

    /// The same for who asks for many: `index` is that of the blocks.
    func block(
        holding row: Row, among index: [BlockIndex.Entry]
    ) throws(StoreError) -> EventBlock? {
        guard let (number, entry) = place(of: row, among: index) else { return nil }
        let block = try cached(.eventBlock, UInt64(number)) { () throws(StoreError) in
            try readBlock(entry)
        }
        return block.index(of: row) == nil ? nil : block
    }

    /// The same for who reads all of a segment once: the cache keeps what it has.
    func uncachedBlock(holding row: Row) throws(StoreError) -> EventBlock? {
        guard let (_, entry) = place(of: row, among: try blockIndex()) else { return nil }
        let block = try readBlock(entry)
        return block.index(of: row) == nil ? nil : block
    }

    /// The block whose rows the row is among.
    private func place(
        of row: Row, among index: [BlockIndex.Entry]
    ) -> (number: Int, entry: BlockIndex.Entry)? {
        let number = index.partitionIndex { $0.lastRow >= row }
        guard number < index.count, index[number].firstRow <= row else { return nil }
        return (number, index[number])
    }

    func blockIndex() throws(StoreError) -> [BlockIndex.Entry] {
        try cached(.blockIndex) { () throws(StoreError) in
            let entries = try readPacked(.blockIndex) { bytes in
                BlockIndex.read(bytes, events: footer[.events], below: rowEnd)
            }
            return Cached(
                entries, residentBytes: entries.count * MemoryLayout<BlockIndex.Entry>.stride)
        }.value
    }

    func readBlock(_ entry: BlockIndex.Entry) throws(StoreError) -> EventBlock {
        let piece = Piece(offset: entry.offset, length: Int(entry.length))
        let sequences = SequenceRange(
            first: sequence(of: entry.firstRow), last: sequence(of: entry.lastRow))
        let bytes = try file.read(piece, of: .events, sequences)
        let decoder = EventBlockDecoder(
            firstSequence: bounds.sequences.first, dictionary: try compressionDictionary())
        let block = resources.withDecompressor { decoder.decode(bytes.bytes, &$0) }
        guard let block, block.rows == entry.firstRow..<entry.lastRow + 1 else {
            throw file.damaged("do not add up", piece, .events, sequences)
        }
        return block
    }

    /// What the blocks are compressed with; nil without one. The copy stands in when the first is
    /// damaged.
    func compressionDictionary() throws(StoreError) -> CompressionDictionary? {
        let checksum = footer.dictionaryChecksum
        guard checksum != 0 else { return nil }
        let key = CacheKey(segment: 0, kind: .dictionary, number: checksum)
        return try resources.cache.part(key) { () throws(StoreError) in
            if let dictionary = try? readDictionary(.dictionary) { return dictionary }
            return try readDictionary(.dictionaryCopy)
        }
    }

    func readDictionary(_ part: SegmentPart) throws(StoreError) -> CompressionDictionary {
        try read(part) { packed in
            guard let bytes = resources.withDecompressor({ PackedPiece.read(packed, &$0) }),
                let dictionary = CompressionDictionary(bytes),
                dictionary.checksum == footer.dictionaryChecksum
            else { return nil }
            return dictionary
        }
    }

    /// All rows that are there.
    package func rows() throws(StoreError) -> RowSet {
        try cached(.liveRows) { () throws(StoreError) in
            let rows = try read(.liveRows) { bytes -> RowSet? in
                guard let code = bytes.first, let form = PostingList.Form(rawValue: UInt64(code)),
                    footer.events <= rowEnd
                else { return nil }
                let list = UnsafeRawBufferPointer(rebasing: bytes[1...])
                return PostingList.withNumbers(
                    list, form, count: footer.events, below: rowEnd
                ) { RowSet(UnsafeBufferPointer($0)) }
            }
            return Cached(rows, residentBytes: rows.residentBytes)
        }.value
    }

    /// The first row that is there and was recorded at `time` or later; nil when all were before.
    ///
    /// The first row of a block that cannot be read stands for the one in it: no event counts as older
    /// than it is.
    package func firstRow(recordedSince time: Timestamp) throws(StoreError) -> Row? {
        let index = try blockIndex()
        let since = index.partitionIndex { $0.recordedAt >= time }
        let next = since < index.count ? index[since].firstRow : nil
        guard since > 0 else { return next }
        let before = index[since - 1]
        let block: EventBlock
        do throws(StoreError) {
            block = try readBlock(before)
        } catch {
            guard error.code == .damaged else { throw error }
            return before.firstRow
        }
        for number in 0..<block.count
        where block.withEvent(at: number, { $0.recordedAt >= time }) {
            return block.row(at: number)
        }
        return next
    }

    package func organizations() throws(StoreError) -> [OrganizationSummary] {
        try organizationList().summaries
    }

    /// What retention took of organizations when the segment was written anew.
    func removals() throws(StoreError) -> [OrganizationList.Removal] {
        try organizationList().removals
    }

    private func organizationList() throws(StoreError) -> OrganizationList {
        try cached(.organizations) { () throws(StoreError) in
            let list = try readPacked(.organizations) { OrganizationList($0) }
            return Cached(list, residentBytes: list.residentBytes)
        }.value
    }
}
