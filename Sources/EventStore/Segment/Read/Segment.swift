package import AuditModel

/// A sealed range of events: one immutable file of compressed blocks and their indexes. The format
/// is described in docs/disk-format.md.
///
/// Holds about 1 KiB and, once it was searched, the filter of its terms (`Limits.termFilterBytesMax`):
/// everything else that is read of the file is kept by the cache of its `SegmentResources`.
/// Every part is verified when it is read; `damaged` names file, part, offset and the sequences that are lost
/// or, for a part of the index, that cannot be found by it. What is in other parts stays readable:
/// when an index of terms, times or ids is damaged, `block(holding:)`
/// still reads every event, and who asks may look at all of them instead.
package final class Segment: EventIndex {
    // What every search looks at lies together.
    let residentTermFilter = ResidentFilter()
    let salt: UInt64
    /// `TermExtractor.version` of what it was indexed by.
    package let termsVersion: UInt32
    package let bounds: SegmentBounds
    let file: SegmentFile
    let footer: SegmentFooter
    let resources: SegmentResources
    private let number: UInt64

    package var path: String { file.path }

    /// Reads header and footer.
    ///
    /// Throws `damaged` when either is not whole (a file that is too short, too), `unsupportedVersion`
    /// or `inputOutput`.
    package static func open(
        _ path: String, _ resources: SegmentResources
    ) throws(StoreError) -> Segment {
        let file = try SegmentFile.open(path, resources)
        return Segment(file, try readFooter(of: file), resources)
    }

    private init(_ file: SegmentFile, _ footer: SegmentFooter, _ resources: SegmentResources) {
        self.file = file
        salt = file.header.salt
        termsVersion = file.header.termsVersion
        self.footer = footer
        self.resources = resources
        number = resources.numberForSegment()
        bounds = SegmentBounds(
            sequences: file.header.sequences, events: footer.events,
            recordedAt: footer.oldestRecordedAt...footer.newestRecordedAt,
            occurredAt: footer.events == 0
                ? nil : footer.leastOccurredAt...footer.greatestOccurredAt,
            fileBytes: file.bytes, eventBytes: footer.eventBytes, skipped: file.header.skipped)
    }

    deinit {
        if let filter = residentTermFilter.bytes {
            resources.giveBackTermFilterBytes(filter.count)
        }
    }

    private static func readFooter(of file: SegmentFile) throws(StoreError) -> SegmentFooter {
        let place = file.bytes - SegmentTail.bytes
        guard place >= SegmentHeader.bytes else {
            throw file.damaged("is cut off", max(0, place), named: "the end")
        }
        let tail = try file.readUnverified(place, SegmentTail.bytes, named: "the end")
        guard
            let piece = SegmentTail.footer(
                tail.bytes, fileBytes: file.bytes, salt: file.header.salt)
        else {
            throw file.damaged("was cut off, or has changed", place, named: "the end")
        }
        let bytes = try file.read(piece, named: "the footer")
        guard let footer = SegmentFooter(bytes.bytes, end: piece.offset) else {
            throw file.damaged("does not add up", piece.offset, named: "the footer")
        }
        return footer
    }

    /// To be called before the file is unlinked or another one takes its name: holds the file open
    /// for those who still read from this segment, as long as it lives.
    package func retire() throws(StoreError) { try file.pin() }

    package var sequences: SequenceRange? { bounds.sequences }
}

extension Segment {
    /// False when no event in it can have happened in the range.
    func mayHold(_ range: OccurredRange) -> Bool {
        guard let times = bounds.occurredAt else { return false }
        if let since = range.since, times.upperBound < since { return false }
        if let until = range.until, times.lowerBound >= until { return false }
        return true
    }

    package func row(of sequence: Sequence) -> Row? {
        let range = bounds.sequences
        guard sequence >= range.first, sequence <= range.last else { return nil }
        return Row(sequence.rawValue - range.first.rawValue)
    }

    package func sequence(of row: Row) -> Sequence { bounds.sequences.first + Int(row) }

    /// One behind the last row, whether that is there or not.
    var rowEnd: Int {
        Int(bounds.sequences.last.rawValue - bounds.sequences.first.rawValue) + 1
    }

    /// A part from the cache, or read.
    func cached<Part: CachedPart>(
        _ kind: CacheKey.Kind, _ number: UInt64 = 0, _ make: () throws(StoreError) -> Part
    ) throws(StoreError) -> Part {
        try resources.cache.part(
            CacheKey(segment: self.number, kind: kind, number: number), make)
    }

    /// Reads a part that is one piece and decodes it; nil from `decode` is damage.
    func read<Result: ~Copyable>(
        _ part: SegmentPart, _ decode: (UnsafeRawBufferPointer) -> Result?
    ) throws(StoreError) -> Result {
        guard let piece = footer.piece(part) else {
            throw file.damaged(
                "is missing", Piece(offset: footer[part].lowerBound, length: 0), part)
        }
        let bytes = try file.read(piece, of: part)
        guard let result = decode(bytes.bytes) else {
            throw file.damaged("does not add up", piece, part)
        }
        return result
    }

    /// Reads a part that is one compressed piece.
    func readPacked<Result: ~Copyable>(
        _ part: SegmentPart, _ decode: (UnsafeRawBufferPointer) -> Result?
    ) throws(StoreError) -> Result {
        try read(part) { packed in
            guard let bytes = resources.withDecompressor({ PackedPiece.read(packed, &$0) }) else {
                return nil
            }
            return decode(bytes.bytes)
        }
    }
}

/// What is known of a segment once it is open.
package struct SegmentBounds: Hashable, Sendable {
    /// The rows, those of events that retention left out included.
    package var sequences: SequenceRange
    /// Those that are there; zero when retention left out all of them.
    package var events: Int
    /// recorded_at of the range when it was sealed, whatever retention left out since.
    package var recordedAt: ClosedRange<Timestamp>
    /// occurred_at of the events that are there; nil when there are none.
    package var occurredAt: ClosedRange<Timestamp>?
    /// Of the file.
    package var fileBytes: Int
    /// Of organizations and payloads, uncompressed.
    package var eventBytes: Int
    /// The sequences right before it that a restored store passed over.
    package var skipped: SequenceRange?
}
