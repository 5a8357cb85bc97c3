import AuditModel

/// The 24 bytes before the events of a block. With the segment's header and dictionary it is enough to
/// read the events of the block when nothing else of the segment is whole.
struct EventBlockHeader {
    var firstRow: Row
    var lastRow: Row
    var count: Int
    /// Of the body, before and after compression.
    var rawBytes: Int
    var bodyBytes: Int

    static let bytes = 24
    static let magic: UInt32 = 0x4B4C_4241  // "ABLK"

    func write(to bytes: inout FlatArray<UInt8>) {
        bytes.append(littleEndian: EventBlockHeader.magic)
        bytes.append(littleEndian: firstRow)
        bytes.append(littleEndian: lastRow)
        bytes.append(littleEndian: UInt32(count))
        bytes.append(littleEndian: UInt32(rawBytes))
        bytes.append(littleEndian: UInt32(bodyBytes))
    }

    init(firstRow: Row, lastRow: Row, count: Int, rawBytes: Int, bodyBytes: Int) {
        self.firstRow = firstRow
        self.lastRow = lastRow
        self.count = count
        self.rawBytes = rawBytes
        self.bodyBytes = bodyBytes
    }

    /// Nil unless it is one that a writer writes.
    init?(_ reader: inout ByteReader) {
        guard reader.integer(UInt32.self) == EventBlockHeader.magic else { return nil }
        firstRow = reader.integer(Row.self)
        lastRow = reader.integer(Row.self)
        count = Int(reader.integer(UInt32.self))
        rawBytes = Int(reader.integer(UInt32.self))
        bodyBytes = Int(reader.integer(UInt32.self))
        guard reader.isValid, firstRow <= lastRow,
            (1...Limits.eventBlockEventsMax).contains(count),
            count - 1 <= Int(lastRow - firstRow), rawBytes <= Limits.eventBlockRawBytesMax
        else { return nil }
    }
}

/// The ids of a block, outside of what is compressed: what is random would only spoil the statistics of
/// the rest. A mask of the bytes in which all ids agree (the time of UUIDv7), those bytes, then of
/// each id the others.
enum IdentifierColumn {
    private static let idBytes = 16

    /// Of a column that begins with the mask.
    static func bytes(mask: UInt16, count: Int) -> Int {
        let common = mask.nonzeroBitCount
        return 2 + common + count * (idBytes - common)
    }

    static func write(_ ids: UnsafeMutableBufferPointer<EventID>, to bytes: inout FlatArray<UInt8>)
    {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for id in ids {
            high |= id.high ^ ids[0].high
            low |= id.low ^ ids[0].low
        }
        var mask: UInt16 = 0
        for index in 0..<idBytes where byte(of: EventID(high: high, low: low), index) == 0 {
            mask |= 1 << UInt16(index)
        }
        bytes.append(littleEndian: mask)
        for index in 0..<idBytes where mask & (1 << UInt16(index)) != 0 {
            bytes.append(byte(of: ids[0], index))
        }
        for id in ids {
            for index in 0..<idBytes where mask & (1 << UInt16(index)) == 0 {
                bytes.append(byte(of: id, index))
            }
        }
    }

    /// Calls `body` with each id in order. The reader tells whether they were all there.
    static func read(_ reader: inout ByteReader, count: Int, _ body: (Int, EventID) -> Void) {
        let mask = reader.integer(UInt16.self)
        var common: (high: UInt64, low: UInt64) = (0, 0)
        for index in 0..<idBytes where mask & (1 << UInt16(index)) != 0 {
            set(reader.integer(UInt8.self), at: index, of: &common)
        }
        let rest = reader.slice(count * (idBytes - mask.nonzeroBitCount))
        guard reader.isValid else { return }
        var offset = 0
        for number in 0..<count {
            var id = common
            for index in 0..<idBytes where mask & (1 << UInt16(index)) == 0 {
                set(rest[offset], at: index, of: &id)
                offset += 1
            }
            body(number, EventID(high: id.high, low: id.low))
        }
    }

    /// In network order.
    @inline(__always)
    private static func byte(of id: EventID, _ index: Int) -> UInt8 {
        let half = index < 8 ? id.high : id.low
        return UInt8(truncatingIfNeeded: half >> UInt64(56 - (index & 7) * 8))
    }

    @inline(__always)
    private static func set(
        _ byte: UInt8, at index: Int, of id: inout (high: UInt64, low: UInt64)
    ) {
        let bits = UInt64(byte) << UInt64(56 - (index & 7) * 8)
        if index < 8 { id.high |= bits } else { id.low |= bits }
    }
}
