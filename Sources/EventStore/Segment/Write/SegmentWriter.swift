package import AuditModel

/// Writes one segment: takes events in order of sequence, compresses them block by block, gathers
/// the indexes in memory, and writes those at the end.
///
/// The file is `.segment.new` until `finish` has made it durable and given it its name; one that was
/// not finished is removed with the writer, or by the next start. Memory is bounded by the number of
/// rows and of distinct terms: about 200 bytes an event. Used by one thread.
package struct SegmentWriter: ~Copyable, @unchecked Sendable {
    // @unchecked: one owner.
    private let header: SegmentHeader
    private let resources: SegmentResources
    private let index: IndexBuilder
    /// The index was filled before: events are only written.
    private let isIndexed: Bool
    private var output: SegmentOutput
    private var events = EventPartWriter()
    /// Of the ids, by the number of an event.
    private var hashes = FlatArray<UInt64>(capacity: 1024)
    private var recordedAt: ClosedRange<Timestamp>?
    private let removals: [OrganizationList.Removal]

    /// Begins the temporary file.
    ///
    /// - Parameters:
    ///   - sequences: the range that the segment stands for; events that are not appended are those
    ///   that retention took.
    ///   - recordedAt: of the whole range, when it is a segment that is written anew. Must be given
    ///   when no event is left.
    ///   - directory: in which the segment gets its name, `SegmentName.of(sequences.first)`.
    ///   - salt: random, see `StoreConfiguration.salt`.
    ///   - skipped: the sequences right before the range that a restored store passed over.
    ///
    /// Throws `diskFull` or `inputOutput`.
    package init(
        _ sequences: SequenceRange, recordedAt: ClosedRange<Timestamp>? = nil,
        in directory: String, _ resources: SegmentResources, salt: UInt64,
        skipped: SequenceRange? = nil, terms: TermExtractor
    ) throws(StoreError) {
        try self.init(
            sequences, recordedAt, [], skipped, in: directory, resources, salt,
            IndexBuilder(first: sequences.first, secret: salt, terms: terms), isIndexed: false)
    }

    /// Likewise, with what retention took of organizations before, in ascending order of their bytes.
    init(
        _ sequences: SequenceRange, recordedAt: ClosedRange<Timestamp>?,
        removals: [OrganizationList.Removal], in directory: String, _ resources: SegmentResources,
        salt: UInt64, skipped: SequenceRange?, terms: TermExtractor
    ) throws(StoreError) {
        try self.init(
            sequences, recordedAt, removals, skipped, in: directory, resources, salt,
            IndexBuilder(first: sequences.first, secret: salt, terms: terms), isIndexed: false)
    }

    /// Begins a segment that is to take the place of another, from which some rows are left out.
    ///
    /// - Parameter removals: what of organizations was left out by then, in ascending order of their bytes.
    ///
    /// Throws `diskFull` or `inputOutput`.
    init(
        replacing segment: Segment, removals: [OrganizationList.Removal], in directory: String,
        _ resources: SegmentResources, salt: UInt64, terms: TermExtractor
    ) throws(StoreError) {
        let sequences = segment.bounds.sequences
        try self.init(
            sequences, segment.bounds.recordedAt, removals, segment.bounds.skipped, in: directory,
            resources, salt,
            IndexBuilder(first: sequences.first, secret: salt, terms: terms), isIndexed: false)
    }

    /// Begins the segment of a log whose events were all indexed before: their terms are not extracted
    /// again. The events that are appended must be those of the index.
    ///
    /// Throws `diskFull` or `inputOutput`.
    package init(
        sealing index: ActiveIndex, in directory: String, _ resources: SegmentResources,
        salt: UInt64, skipped: SequenceRange? = nil
    ) throws(StoreError) {
        let builder = index.freeze()
        guard let last = builder.lastRow else { preconditionFailure("an empty log is not sealed") }
        let sequences = SequenceRange(first: builder.first, last: builder.first + Int(last))
        try self.init(
            sequences, nil, [], skipped, in: directory, resources, salt, builder, isIndexed: true)
    }

    private init(
        _ sequences: SequenceRange, _ recordedAt: ClosedRange<Timestamp>?,
        _ removals: [OrganizationList.Removal], _ skipped: SequenceRange?, in directory: String,
        _ resources: SegmentResources, _ salt: UInt64, _ index: IndexBuilder, isIndexed: Bool
    ) throws(StoreError) {
        precondition(
            sequences.last.rawValue - sequences.first.rawValue < UInt64(Row.max),
            "a segment has less than 2^32 rows")
        header = SegmentHeader(
            sequences: sequences, termsVersion: index.extract.version, salt: salt,
            skipped: skipped)
        self.resources = resources
        self.index = index
        self.isIndexed = isIndexed
        self.recordedAt = recordedAt
        self.removals = removals
        output = try SegmentOutput(header, in: directory, resources.fileSystem)
    }

    /// Adds an event; its sequence is in the range and after the last one's. Its recorded_at does
    /// not decrease.
    ///
    /// Throws `diskFull` or `inputOutput`; after that the writer is only let go.
    package mutating func append(_ event: EventView) throws(StoreError) {
        precondition(
            event.sequence >= header.sequences.first && event.sequence <= header.sequences.last,
            "an event is appended to the segment of its range")
        precondition(event.organization.count <= Limits.organizationBytesMax)
        let row = Row(event.sequence.rawValue - header.sequences.first.rawValue)
        if isIndexed {
            precondition(
                hashes.count < index.count && index.rows[hashes.count] == row,
                "the events of a sealed log are those that were indexed")
        } else {
            index.add(event)
        }
        hashes.append(
            IdentifierTable.hash(
                organization: event.organization, id: event.id, salt: header.salt))
        let range = recordedAt ?? event.recordedAt...event.recordedAt
        recordedAt =
            min(range.lowerBound, event.recordedAt)...max(range.upperBound, event.recordedAt)
        try events.append(event, row: row, to: &output)
    }

    package mutating func append(_ batch: EventBatch) throws(StoreError) {
        for number in 0..<batch.count {
            try batch.withEvent(at: number) { event throws(StoreError) in try append(event) }
        }
    }

    /// Events that were appended.
    var count: Int { hashes.count }

    /// Adds the events of another segment of the same range that are in `rows`.
    ///
    /// Throws also what `Segment.block` throws.
    ///
    /// - Parameter isCancelled: asked before each block; then it ends early.
    package mutating func append(
        _ rows: RowSet, of segment: Segment, isCancelled: () -> Bool = { false }
    ) throws(StoreError) {
        precondition(segment.bounds.sequences == header.sequences, "rows mean the same in both")
        // The dictionary of another format is one of other texts.
        if events.isEmpty, segment.file.header.format == .current,
            let dictionary = try segment.compressionDictionary()
        {
            events.use(dictionary)
        }
        var walk = rows.walk()
        var block: EventBlock?
        while let row = walk.next() {
            if !(block?.rows.contains(row) ?? false) {
                if isCancelled() { return }
                block = try segment.uncachedBlock(holding: row)
            }
            guard let block, let number = block.index(of: row) else { continue }
            try block.withEvent(at: number) { event throws(StoreError) in try append(event) }
        }
    }

    /// Writes the indexes, makes everything durable and gives the file its name, in the place of a
    /// segment that has it (`Segment.retire` that one before). When it returns, the events are
    /// safe here and may be removed elsewhere. After an error it is unknown whether the name is
    /// there; the file under it is whole either way.
    ///
    /// Throws `diskFull` or `inputOutput`, and what `Segment.open` throws.
    package consuming func finish() throws(StoreError) -> Segment {
        precondition(!isIndexed || hashes.count == index.count, "all of the index was appended")
        guard let recordedAt else {
            preconditionFailure("a segment without events is given its range of recorded_at")
        }
        var footer = SegmentFooter(
            oldestRecordedAt: recordedAt.lowerBound, newestRecordedAt: recordedAt.upperBound)
        footer.events = index.count
        footer.eventBytes = index.eventBytes
        try finishEvents(&footer)
        try writeIndexes(&footer)
        let path = try output.finish(footer)
        return try Segment.open(path, resources)
    }

    private mutating func finishEvents(_ footer: inout SegmentFooter) throws(StoreError) {
        let start = try events.finish(to: &output)
        footer[.dictionary] = SegmentHeader.bytes..<start
        footer[.events] = start..<output.offset
        if let dictionary = events.dictionary {
            footer.dictionaryChecksum = dictionary.checksum
        }
    }

    private mutating func writeIndexes(_ footer: inout SegmentFooter) throws(StoreError) {
        var bytes = FlatArray<UInt8>()
        BlockIndex.write(events.index, to: &bytes)
        footer[.blockIndex] = try writePacked(bytes)

        let columns = ColumnPartWriter(index: index)
        try columns.writeLiveRows(to: &output, &footer)

        bytes.removeAll()
        OrganizationList(summaries: index.organizations.summaries, removals: removals)
            .write(to: &bytes)
        footer[.organizations] = try writePacked(bytes)

        var terms = TermPartWriter(index)
        try terms.write(to: &output, &footer)
        try columns.writeTimes(to: &output, &footer)
        try columns.writeIdentifiers(hashes, to: &output, &footer)

        let start = output.offset
        if let dictionary = events.dictionary {
            try events.writeDictionary(dictionary, to: &output)
        }
        footer[.dictionaryCopy] = start..<output.offset
        try TermFilter.write(index, salt: header.salt, to: &output, &footer)
    }

    private mutating func writePacked(
        _ bytes: borrowing FlatArray<UInt8>
    ) throws(StoreError) -> Range<Int> {
        var compressor = Compressor(nil, blockBytes: bytes.count)
        var packed = FlatArray<UInt8>()
        PackedPiece.write(bytes.bytes, &compressor, to: &packed)
        let piece = try output.append(packed.bytes)
        return piece.offset..<piece.end
    }
}
