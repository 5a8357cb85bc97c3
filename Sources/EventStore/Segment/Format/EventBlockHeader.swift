import AuditModel

/// The 28 bytes before the events of a block. With the segment's header and dictionary it is enough to
/// read the events of the block when nothing else of the segment is whole.
struct EventBlockHeader {
    var format: SegmentFormat
    var firstRow: Row
    var lastRow: Row
    var count: Int
    /// Of the body, before and after compression.
    var rawBytes: Int
    var bodyBytes: Int
    /// Between the header and the body: what is not compressed.
    var plainBytes: Int

    static let bytesMax = 28
    /// Of `bodyBytes`, which is known last.
    static let bodyBytesOffset = 20

    /// Of the header: the first format did not say `plainBytes`, which are those of the ids.
    static func bytes(_ format: SegmentFormat) -> Int { format == .first ? 24 : bytesMax }

    private static func magic(_ format: SegmentFormat) -> UInt32 {
        switch format {
        case .first: 0x4B4C_4241  // "ABLK"
        case .packed: 0x324C_4241  // "ABL2"
        }
    }

    /// Whether a block may begin with these bytes.
    static func isMagic(_ magic: UInt32) -> Bool {
        SegmentFormat.allCases.contains { self.magic($0) == magic }
    }

    /// Of the block, header included.
    var blockBytes: Int { EventBlockHeader.bytes(format) + plainBytes + bodyBytes }

    /// In the current format.
    func write(to bytes: inout FlatArray<UInt8>) {
        bytes.append(littleEndian: EventBlockHeader.magic(.current))
        bytes.append(littleEndian: firstRow)
        bytes.append(littleEndian: lastRow)
        bytes.append(littleEndian: UInt32(count))
        bytes.append(littleEndian: UInt32(rawBytes))
        bytes.append(littleEndian: UInt32(bodyBytes))
        bytes.append(littleEndian: UInt32(plainBytes))
    }

    init(
        firstRow: Row, lastRow: Row, count: Int, rawBytes: Int, bodyBytes: Int, plainBytes: Int
    ) {
        format = .current
        self.firstRow = firstRow
        self.lastRow = lastRow
        self.count = count
        self.rawBytes = rawBytes
        self.bodyBytes = bodyBytes
        self.plainBytes = plainBytes
    }

    /// Nil unless it is one that a writer writes.
    init?(_ reader: inout ByteReader) {
        let magic = reader.integer(UInt32.self)
        guard let format = SegmentFormat.allCases.first(where: { Self.magic($0) == magic })
        else { return nil }
        self.format = format
        firstRow = reader.integer(Row.self)
        lastRow = reader.integer(Row.self)
        count = Int(reader.integer(UInt32.self))
        rawBytes = Int(reader.integer(UInt32.self))
        bodyBytes = Int(reader.integer(UInt32.self))
        switch format {
        case .first:
            // The ids begin with the mask, which tells how long they are.
            var ids = reader
            plainBytes = IdentifierColumn.bytes(
                mask: ids.integer(UInt16.self), count: min(count, Limits.eventBlockEventsMax))
            guard ids.isValid else { return nil }
        case .packed:
            plainBytes = Int(reader.integer(UInt32.self))
        }
        guard reader.isValid, firstRow <= lastRow,
            (1...Limits.eventBlockEventsMax).contains(count),
            count - 1 <= Int(lastRow - firstRow), rawBytes <= Limits.eventBlockRawBytesMax
        else { return nil }
    }
}
