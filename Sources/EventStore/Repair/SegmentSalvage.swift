import AuditModel

/// Reads the blocks of a segment of which other parts are gone: each has its rows and a checksum of its
/// own, so that header and dictionary are enough to find and read it.
struct SegmentSalvage {
    let path: String
    let fileSystem: any FileSystem
    /// The segment's name.
    let first: Sequence

    struct Found {
        /// Of the header; nil when it is gone and only what comes behind tells.
        var last: Sequence?
        var skipped: SequenceRange?
        /// The end of what was found; the one before `first` when nothing was.
        var through: Sequence
        var events = 0
        var lost: [SequenceRange] = []
        var recordedAt: ClosedRange<Timestamp>?
    }

    /// Visits the events of every block that is whole, in order. Changes nothing.
    ///
    /// Throws `inputOutput`, `unsupportedVersion`, `damaged` when it is another segment under this name,
    /// and what `visit` throws.
    func read(_ visit: (EventView) throws(StoreError) -> Void) throws(StoreError) -> Found {
        var found = Found(through: first.previous)
        guard let raw = try RawSegment.open(path, fileSystem) else { return found }
        let range = raw.header.sequences
        guard range.first == first else {
            throw StoreError(
                .damaged,
                "\(path) is the segment of another name, \(SegmentName.of(range.first)). Give it "
                    + "that name, or move it out of the folder, and repair again",
                damage: StoreError.Damage(file: path, offset: 0, sequences: range))
        }
        found.last = range.last
        found.skipped = raw.header.skipped
        found.through = range.last
        var spans: [Range<Row>] = []
        var rows: [Row] = []
        let scan = BlockScan(raw)
        try scan.run { block throws(StoreError) in
            // Blocks are in order; one that is not was not written there.
            guard block.rows.lowerBound >= spans.last?.upperBound ?? 0,
                Int(block.rows.upperBound) <= raw.rowEnd,
                isInOrder(block, behind: found.recordedAt?.upperBound, raw.footer)
            else { return }
            spans.append(block.rows)
            for number in 0..<block.count {
                rows.append(block.row(at: number))
                try block.withEvent(at: number) { event throws(StoreError) in
                    let oldest = found.recordedAt?.lowerBound ?? event.recordedAt
                    found.recordedAt =
                        oldest...max(found.recordedAt?.upperBound ?? oldest, event.recordedAt)
                    try visit(event)
                }
            }
        }
        found.events = rows.count
        if let footer = raw.footer {
            found.recordedAt = footer.oldestRecordedAt...footer.newestRecordedAt
        }
        found.lost = lostRows(raw, spans, rows).map { rows in
            SequenceRange(
                first: range.first + Int(rows.lowerBound),
                last: range.first + (Int(rows.upperBound) - 1))
        }
        return found
    }

    /// Whether its times neither decrease nor leave what the footer says.
    private func isInOrder(
        _ block: EventBlock, behind newest: Timestamp?, _ footer: SegmentFooter?
    ) -> Bool {
        var newest = newest ?? footer?.oldestRecordedAt
        for number in 0..<block.count {
            let time = block.withEvent(at: number) { $0.recordedAt }
            guard time >= newest ?? time else { return false }
            newest = time
        }
        guard let footer, let newest else { return true }
        return newest <= footer.newestRecordedAt
    }

    /// Runs of rows whose events are gone, and not by retention as far as that is known.
    private func lostRows(
        _ raw: RawSegment, _ spans: [Range<Row>], _ rows: [Row]
    ) -> [Range<Row>] {
        if let footer = raw.footer, footer.events == rows.count { return [] }
        var live: RowSet?
        if let footer = raw.footer { live = raw.liveRows(footer) }
        var lost: [Range<Row>] = []
        var next: Row = 0
        for span in spans + [Row(raw.rowEnd)..<Row(raw.rowEnd)] {
            let gap = next..<span.lowerBound
            next = span.upperBound
            guard !gap.isEmpty else { continue }
            guard let live else {
                lost.append(gap)
                continue
            }
            let gone = live.intersection(gap)
            var forward = gone.walk()
            var backward = gone.walkBackward()
            if let least = forward.next(), let greatest = backward.next() {
                lost.append(least..<greatest + 1)
            }
        }
        return lost
    }
}

/// A segment's file as far as it can be trusted: the header, and the footer if that is whole.
struct RawSegment {
    let file: any File
    let bytes: Int
    let header: SegmentHeader
    let footer: SegmentFooter?
    private let path: String

    /// Nil when the header is gone: its salt is in every checksum.
    static func open(
        _ path: String, _ fileSystem: any FileSystem
    ) throws(StoreError) -> RawSegment? {
        let (file, bytes) = try StoreError.wrappingFileErrors { () throws(FileError) in
            let file = try fileSystem.open(path, create: false)
            return (file, try file.size())
        }
        guard let start = RawSegment.read(file, 0, SegmentHeader.bytes),
            let (header, _) = try HeaderMending.segmentHeader(start.bytes, path)
        else { return nil }
        return RawSegment(path, file, bytes, header)
    }

    private init(_ path: String, _ file: any File, _ bytes: Int, _ header: SegmentHeader) {
        (self.path, self.file, self.bytes, self.header) = (path, file, bytes, header)
        // Where it lies in a file of this length, whether the last bytes say so or not.
        footer =
            SegmentFooter.sizes.lazy.compactMap { size in
                let place = Piece(
                    offset: bytes - SegmentTail.bytes - Piece.checksumBytes - size, length: size)
                return RawSegment.piece(place, file, header).flatMap { piece in
                    SegmentFooter(piece.content, end: place.offset)
                }
            }.first
    }

    var rowEnd: Int {
        Int(header.sequences.last.rawValue - header.sequences.first.rawValue) + 1
    }

    /// Nil where the file cannot be read: that is damage like any other.
    fileprivate static func read(_ file: any File, _ offset: Int, _ count: Int) -> RawBytes? {
        guard offset >= 0, count >= 0 else { return nil }
        let bytes = RawBytes(count)
        guard let done = try? file.readWhole(into: bytes.buffer, at: offset), done == count else {
            return nil
        }
        return bytes
    }

    func read(_ offset: Int, _ count: Int) -> RawBytes? { RawSegment.read(file, offset, count) }

    /// With zeros for what cannot be read; nil where the file ends before or cannot be read at all.
    func readSectors(_ offset: Int, _ count: Int) -> RawBytes? {
        let bytes = RawBytes(count)
        let done = try? file.readSectors(into: bytes.buffer, at: offset)
        return done?.count == count ? bytes : nil
    }

    /// Nil unless it matches its checksum.
    func piece(_ piece: Piece) -> RawBytes? { RawSegment.piece(piece, file, header) }

    private static func piece(
        _ piece: Piece, _ file: any File, _ header: SegmentHeader
    ) -> RawBytes? {
        guard piece.length >= 0, piece.length <= Limits.segmentPieceBytesMax,
            let bytes = read(file, piece.offset, piece.length + Piece.checksumBytes),
            bytes.bytes.loadLittleEndian(UInt64.self, at: piece.length)
                == Piece.checksum(bytes.content, at: piece.offset, salt: header.salt)
        else { return nil }
        return bytes
    }

    func liveRows(_ footer: SegmentFooter) -> RowSet? {
        guard let place = footer.piece(.liveRows), let bytes = piece(place),
            footer.events <= rowEnd,
            let code = bytes.content.first, let form = PostingList.Form(rawValue: UInt64(code))
        else { return nil }
        return PostingList.withNumbers(
            UnsafeRawBufferPointer(rebasing: bytes.content[1...]), form, count: footer.events,
            below: rowEnd
        ) { RowSet(UnsafeBufferPointer($0)) }
    }
}

/// Bytes that were read, which end in a checksum.
final class RawBytes {
    let buffer: UnsafeMutableRawBufferPointer

    init(_ count: Int) { buffer = .allocate(byteCount: count, alignment: 16) }

    deinit { buffer.deallocate() }

    /// Valid as long as this is.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer) }

    /// Without the checksum at the end.
    var content: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[..<max(0, bytes.count - Piece.checksumBytes)])
    }
}

/// Looks for the blocks of a segment by their own headers.
private struct BlockScan {
    private let raw: RawSegment
    private let end: Int

    init(_ raw: RawSegment) {
        self.raw = raw
        end = raw.footer?[.events].upperBound ?? raw.bytes
    }

    func run(_ visit: (EventBlock) throws(StoreError) -> Void) throws(StoreError) {
        let start = raw.footer?[.events].lowerBound ?? SegmentHeader.bytes
        guard let firstBlock = nextBlock(from: start) else { return }
        let dictionary: CompressionDictionary?
        switch self.dictionary(before: raw.footer?[.events].lowerBound ?? firstBlock.offset) {
        case .none: dictionary = nil
        case .whole(let whole): dictionary = whole
        case .gone: return
        }
        let decoder = EventBlockDecoder(
            firstSequence: raw.header.sequences.first, dictionary: dictionary)
        var decompressor = Decompressor()
        var next: Piece? = firstBlock
        while let piece = next {
            if let bytes = raw.piece(piece),
                let block = decoder.decode(bytes.content, &decompressor)
            {
                try visit(block)
            }
            next = nextBlock(from: piece.end)
        }
    }

    private enum Dictionary {
        case none
        case whole(CompressionDictionary)
        case gone
    }

    /// What lies before the first block, or else the copy of it at the end.
    private func dictionary(before start: Int) -> Dictionary {
        if let footer = raw.footer {
            guard footer.dictionaryChecksum != 0 else { return .none }
            for part in [SegmentPart.dictionary, .dictionaryCopy] {
                if let piece = footer.piece(part), let found = dictionary(at: piece) {
                    return .whole(found)
                }
            }
            return .gone
        }
        guard start > SegmentHeader.bytes else { return .none }
        let length = start - SegmentHeader.bytes - Piece.checksumBytes
        let footer = raw.bytes - SegmentTail.bytes - Piece.checksumBytes - SegmentFooter.bytes
        let places = [
            Piece(offset: SegmentHeader.bytes, length: length),
            Piece(offset: footer - Piece.checksumBytes - length, length: length),
        ]
        return places.lazy.compactMap { dictionary(at: $0) }.first.map { .whole($0) } ?? .gone
    }

    private func dictionary(at piece: Piece) -> CompressionDictionary? {
        var decompressor = Decompressor()
        guard let packed = raw.piece(piece),
            let bytes = PackedPiece.read(packed.content, &decompressor)
        else { return nil }
        return CompressionDictionary(bytes)
    }

    /// The first block from there on that matches its checksum.
    private func nextBlock(from offset: Int) -> Piece? {
        // Nearly always they lie one behind the other.
        if let piece = block(at: offset) { return piece }
        var start = offset
        while start + EventBlockHeader.bytesMax <= end {
            let count = min(Limits.salvageBytes, end - start)
            guard let bytes = raw.readSectors(start, count) else { return nil }
            let starts = 0...(count - EventBlockHeader.bytesMax)
            for place in starts {
                guard
                    EventBlockHeader.isMagic(
                        bytes.bytes.loadLittleEndian(UInt32.self, at: place)),
                    let piece = block(at: start + place)
                else { continue }
                return piece
            }
            start += starts.count
        }
        return nil
    }

    /// The extent of a block, from its header; nil unless it matches its checksum.
    private func block(at offset: Int) -> Piece? {
        guard let bytes = raw.read(offset, EventBlockHeader.bytesMax) else { return nil }
        var reader = ByteReader(bytes.bytes)
        guard let header = EventBlockHeader(&reader) else { return nil }
        let piece = Piece(offset: offset, length: header.blockBytes)
        // Before memory is taken for it: nothing vouches for the header yet.
        guard piece.end <= end else { return nil }
        return raw.piece(piece) == nil ? nil : piece
    }
}
