import AuditModel

/// The parts of a segment in the order in which they lie in the file.
enum SegmentPart: Int, CaseIterable {
    /// What the event blocks are compressed with.
    case dictionary
    case events
    case blockIndex
    case liveRows
    case organizations
    case terms
    case termIndex
    case postings
    case occurred
    case occurredIndex
    case identifiers
    case identifierIndex
    case identifierFilter
    /// Without its dictionary no event can be read, so there are two.
    case dictionaryCopy
    /// Says of most terms that no event here has them.
    case termFilter

    /// Segments of earlier programs end with this many parts: what came later is empty in them.
    static let countAtFirst = 14

    /// For a message.
    var name: String {
        switch self {
        case .dictionary: "the compression dictionary"
        case .events: "the events"
        case .blockIndex: "the block index"
        case .liveRows: "the live rows"
        case .organizations: "the organizations"
        case .terms: "the term dictionary"
        case .termIndex: "the index of the term dictionary"
        case .postings: "the rows of terms"
        case .occurred: "the times"
        case .occurredIndex: "the index of the times"
        case .identifiers: "the id table"
        case .identifierIndex: "the index of the id table"
        case .identifierFilter: "the id filter"
        case .dictionaryCopy: "the copy of the compression dictionary"
        case .termFilter: "the filter of the terms"
        }
    }
}

/// Bytes of a segment that are read and verified as a whole; behind them lies their checksum.
struct Piece: Hashable {
    /// From the start of the file.
    var offset: Int
    /// Without the checksum.
    var length: Int

    static let checksumBytes = 8

    /// Behind its checksum.
    var end: Int { offset + length + Piece.checksumBytes }

    /// The place is in the seed, so that what belongs elsewhere is found to be wrong here.
    static func checksum(_ bytes: UnsafeRawBufferPointer, at offset: Int, salt: UInt64) -> UInt64 {
        Checksum.of(bytes, salt: salt &+ UInt64(offset))
    }
}

/// What a segment says of itself, and where its parts are.
struct SegmentFooter: Equatable {
    var events = 0
    /// Of organizations and payloads, uncompressed.
    var eventBytes = 0
    var oldestRecordedAt: Timestamp
    var newestRecordedAt: Timestamp
    /// Of no meaning without events.
    var leastOccurredAt = Timestamp.epoch
    var greatestOccurredAt = Timestamp.epoch
    /// XXH3-64 of the compression dictionary, seed 0: segments that have the same share it in memory.
    /// Zero: there is none.
    var dictionaryChecksum: UInt64 = 0
    /// By the part's number; checksums included.
    var parts: [Range<Int>]

    static let bytes = bytes(parts: SegmentPart.allCases.count)

    private static func bytes(parts: Int) -> Int { 7 * 8 + parts * 16 }

    /// The sizes that a footer can have, by whatever program it was written; the newest's first.
    static let sizes = (SegmentPart.countAtFirst...SegmentPart.allCases.count).reversed().map {
        bytes(parts: $0)
    }

    /// How many parts a footer of that size names; nil when there is none.
    fileprivate static func parts(inBytes bytes: Int) -> Int? {
        sizes.firstIndex(of: bytes).map { SegmentPart.allCases.count - $0 }
    }

    init(oldestRecordedAt: Timestamp, newestRecordedAt: Timestamp) {
        self.oldestRecordedAt = oldestRecordedAt
        self.newestRecordedAt = newestRecordedAt
        parts = Array(repeating: 0..<0, count: SegmentPart.allCases.count)
    }

    subscript(part: SegmentPart) -> Range<Int> {
        get { parts[part.rawValue] }
        set { parts[part.rawValue] = newValue }
    }

    /// A part that is one piece; nil when the segment has none of it.
    func piece(_ part: SegmentPart) -> Piece? {
        let range = self[part]
        guard range.count >= Piece.checksumBytes else { return nil }
        return Piece(offset: range.lowerBound, length: range.count - Piece.checksumBytes)
    }

    func write(to bytes: inout FlatArray<UInt8>) {
        bytes.append(littleEndian: UInt64(events))
        bytes.append(littleEndian: UInt64(eventBytes))
        for time in [oldestRecordedAt, newestRecordedAt, leastOccurredAt, greatestOccurredAt] {
            bytes.append(littleEndian: time.nanosecondsSinceEpoch)
        }
        bytes.append(littleEndian: dictionaryChecksum)
        for part in parts {
            bytes.append(littleEndian: UInt64(part.lowerBound))
            bytes.append(littleEndian: UInt64(part.count))
        }
    }

    /// Nil unless the parts lie one behind the other from the header to `end`, where the footer is.
    init?(_ bytes: UnsafeRawBufferPointer, end: Int) {
        guard let count = SegmentFooter.parts(inBytes: bytes.count) else { return nil }
        var reader = ByteReader(bytes)
        events = Int(truncatingIfNeeded: reader.integer(UInt64.self))
        eventBytes = Int(truncatingIfNeeded: reader.integer(UInt64.self))
        func time() -> Timestamp {
            Timestamp(nanosecondsSinceEpoch: reader.integer(Int64.self))
        }
        oldestRecordedAt = time()
        newestRecordedAt = time()
        leastOccurredAt = time()
        greatestOccurredAt = time()
        dictionaryChecksum = reader.integer(UInt64.self)
        parts = []
        var offset = SegmentHeader.bytes
        for _ in 0..<count {
            let start = reader.integer(UInt64.self)
            let length = reader.integer(UInt64.self)
            guard start == UInt64(offset), length <= UInt64(end - offset) else { return nil }
            parts.append(offset..<offset + Int(length))
            offset += Int(length)
        }
        while parts.count < SegmentPart.allCases.count { parts.append(end..<end) }
        guard reader.isDone, offset == end, events >= 0, eventBytes >= 0,
            oldestRecordedAt <= newestRecordedAt, leastOccurredAt <= greatestOccurredAt
        else { return nil }
    }
}

/// The last 32 bytes of a segment: a file that was cut off does not end in them.
enum SegmentTail {
    static let bytes = 32
    static let magic: UInt64 = 0x444E_4554_4944_5541  // "AUDITEND"

    private enum Offset {
        static let footer = 0
        static let fileBytes = 8
        static let checksum = 16
        static let magic = 24
    }

    static func write(footerAt footer: Int, salt: UInt64, to bytes: inout FlatArray<UInt8>) {
        let fileBytes = Piece(offset: footer, length: SegmentFooter.bytes).end + SegmentTail.bytes
        let start = bytes.count
        bytes.append(littleEndian: UInt64(footer))
        bytes.append(littleEndian: UInt64(fileBytes))
        let checksum = Piece.checksum(
            UnsafeRawBufferPointer(rebasing: bytes.bytes[start...]),
            at: fileBytes - SegmentTail.bytes, salt: salt)
        bytes.append(littleEndian: checksum)
        bytes.append(littleEndian: magic)
    }

    /// Where the footer is; nil unless these are the last bytes of a whole file of that size.
    static func footer(_ bytes: UnsafeRawBufferPointer, fileBytes: Int, salt: UInt64) -> Piece? {
        guard bytes.count == SegmentTail.bytes,
            bytes.loadLittleEndian(UInt64.self, at: Offset.magic) == magic,
            bytes.loadLittleEndian(UInt64.self, at: Offset.checksum)
                == Piece.checksum(
                    UnsafeRawBufferPointer(rebasing: bytes[..<Offset.checksum]),
                    at: fileBytes - SegmentTail.bytes, salt: salt),
            bytes.loadLittleEndian(UInt64.self, at: Offset.fileBytes) == UInt64(fileBytes)
        else { return nil }
        let offset = bytes.loadLittleEndian(UInt64.self, at: Offset.footer)
        guard offset <= UInt64(fileBytes) else { return nil }
        let length = fileBytes - SegmentTail.bytes - Piece.checksumBytes - Int(offset)
        guard SegmentFooter.parts(inBytes: length) != nil else { return nil }
        return Piece(offset: Int(offset), length: length)
    }
}
