import AuditModel

/// Makes an `EventBlock` of the bytes that `EventBlockWriter` writes, in any format.
struct EventBlockDecoder {
    let firstSequence: Sequence
    let dictionary: CompressionDictionary?

    /// Nil when the bytes are not a block.
    func decode(
        _ piece: UnsafeRawBufferPointer, _ decompressor: inout Decompressor
    ) -> EventBlock? {
        var reader = ByteReader(piece)
        guard let header = EventBlockHeader(&reader) else { return nil }
        let plain = reader.slice(header.plainBytes)
        let compressed = reader.slice(header.bodyBytes)
        guard reader.isDone else { return nil }
        let body = OwnedBytes(count: header.rawBytes)
        guard decompressor.decompress(compressed, dictionary, to: body.buffer) else { return nil }
        var columns = EventBlockColumns(header)
        let bytes =
            switch header.format {
            case .first: columns.readFirst(plain, body.bytes, firstSequence)
            case .packed: columns.readPacked(plain, body.bytes, firstSequence)
            }
        guard let bytes else { return nil }
        return EventBlock(
            owning: bytes, entries: columns.entries, firstSequence: firstSequence,
            rows: header.firstRow..<header.lastRow + 1, eventRows: columns.rows)
    }
}
