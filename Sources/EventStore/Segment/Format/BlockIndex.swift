import AuditModel

/// Where the event blocks of a segment are: for each its distance in rows from the one before it, its
/// rows, its length, and how much later than the one before it its first event was recorded.
enum BlockIndex {
    struct Entry: BitwiseCopyable {
        /// Of its first and of its last event.
        var firstRow: Row
        var lastRow: Row
        /// Without the checksum.
        var length: UInt32
        /// From the start of the file.
        var offset: Int
        /// Of its first event.
        var recordedAt: Timestamp
    }

    static func write(_ entries: borrowing FlatArray<Entry>, to bytes: inout FlatArray<UInt8>) {
        bytes.append(varint: entries.count)
        var row: Row = 0
        var recordedAt: Int64 = 0
        for entry in entries.elements {
            bytes.append(varint: UInt64(entry.firstRow - row))
            bytes.append(varint: UInt64(entry.lastRow - entry.firstRow))
            bytes.append(varint: UInt64(entry.length))
            let time = entry.recordedAt.nanosecondsSinceEpoch
            bytes.append(zigzag: time &- recordedAt)
            recordedAt = time
            row = entry.lastRow + 1
        }
    }

    /// Nil unless the blocks fill the part of the events and their rows are below `limit`.
    static func read(
        _ bytes: UnsafeRawBufferPointer, events: Range<Int>, below limit: Int
    ) -> [Entry]? {
        var reader = ByteReader(bytes)
        let count = reader.count()
        // Before memory is taken for `count` entries of at least four bytes each.
        guard count <= bytes.count / 4 else { return nil }
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        var row = 0
        var offset = events.lowerBound
        var recordedAt: Int64 = 0
        for _ in 0..<count {
            let first = row + reader.count()
            let last = first + reader.count()
            let length = reader.count()
            recordedAt = recordedAt &+ reader.zigzag()
            guard reader.isValid, last < limit else { return nil }
            entries.append(
                Entry(
                    firstRow: Row(first), lastRow: Row(last), length: UInt32(length),
                    offset: offset,
                    recordedAt: Timestamp(nanosecondsSinceEpoch: recordedAt)))
            row = last + 1
            offset += length + Piece.checksumBytes
        }
        return reader.isDone && offset == events.upperBound ? entries : nil
    }
}
