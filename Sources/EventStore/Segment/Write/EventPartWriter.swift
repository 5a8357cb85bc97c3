import AuditModel

/// Writes the events of a segment: blocks, and before them the dictionary that they are compressed with.
///
/// The first events are held back until there are enough of them to train the dictionary.
struct EventPartWriter: ~Copyable, @unchecked Sendable {
    // @unchecked: one owner.
    private var builder = EventBlockBuilder()
    /// Blocks that wait for a dictionary, in order.
    private var held = RawBlockQueue()
    private var writer: EventBlockWriter?
    private(set) var dictionary: CompressionDictionary?
    private var compressed = FlatArray<UInt8>(capacity: 2 * Limits.eventBlockBytes)
    private(set) var index = FlatArray<BlockIndex.Entry>(capacity: 256)
    /// Where the first block lies; nil before it was written.
    private(set) var start: Int?

    /// No event was added yet.
    var isEmpty: Bool { builder.isEmpty && held.count == 0 && start == nil }

    /// Compresses with this dictionary and not with one of its own; before the first event.
    mutating func use(_ dictionary: CompressionDictionary) {
        self.dictionary = dictionary
    }

    mutating func append(
        _ event: EventView, row: Row, to output: inout SegmentOutput
    ) throws(StoreError) {
        if !builder.hasRoom(for: event.payload.count) { try endBlock(to: &output) }
        builder.append(event, row: row)
        if builder.isFull { try endBlock(to: &output) }
    }

    private mutating func endBlock(to output: inout SegmentOutput) throws(StoreError) {
        guard !builder.isEmpty else { return }
        let block = builder.finish()
        if start == nil, dictionary == nil {
            held.append(block)
            if held.bytes >= Limits.compressionSampleBytes { try begin(&output) }
            return
        }
        if start == nil { try begin(&output) }
        try write(block, to: &output)
    }

    /// Ends the last block. Gives the part's first byte.
    mutating func finish(to output: inout SegmentOutput) throws(StoreError) -> Int {
        try endBlock(to: &output)
        if start == nil { try begin(&output) }
        writer = nil
        return start ?? output.offset
    }

    /// Writes the dictionary and the blocks that waited for it.
    private mutating func begin(_ output: inout SegmentOutput) throws(StoreError) {
        if dictionary == nil { dictionary = held.train() }
        if let dictionary { try writeDictionary(dictionary, to: &output) }
        writer = EventBlockWriter(dictionary)
        start = output.offset
        while let block = held.popFirst() { try write(block, to: &output) }
    }

    private mutating func write(
        _ block: consuming RawEventBlock, to output: inout SegmentOutput
    ) throws(StoreError) {
        compressed.removeAll()
        writer!.write(block, to: &compressed)
        let piece = try output.append(compressed.bytes)
        index.append(
            BlockIndex.Entry(
                firstRow: block.firstRow, lastRow: block.lastRow, length: UInt32(piece.length),
                offset: piece.offset, recordedAt: block.recordedAt))
    }

    /// Appends a dictionary as one piece, compressed itself.
    func writeDictionary(
        _ dictionary: CompressionDictionary, to output: inout SegmentOutput
    ) throws(StoreError) {
        var bytes = FlatArray<UInt8>()
        var compressor = Compressor(nil, blockBytes: dictionary.content.count)
        PackedPiece.write(dictionary.content.bytes, &compressor, to: &bytes)
        try output.append(bytes.bytes)
    }
}
