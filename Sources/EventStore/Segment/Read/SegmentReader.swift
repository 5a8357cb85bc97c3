import AuditModel

/// Walks over the events of one segment, block by block. Used by one thread at a time.
///
/// Reads past the cache: who walks over everything would fill it with what nobody asks for again.
struct SegmentReader: Sendable {
    let segment: Segment
    private var block: EventBlock?

    init(_ segment: Segment) {
        self.segment = segment
    }

    /// Events that were recorded together, among them the first that is there at `sequence` or behind
    /// it; nil when there is none in this segment. Throws what `Segment.block` throws.
    mutating func batch(atOrAfter sequence: Sequence) throws(StoreError) -> EventBatch? {
        guard let row = segment.row(of: sequence) else { return nil }
        let blocks = try segment.blockIndex()
        let number = blocks.partitionIndex { $0.lastRow >= row }
        guard number < blocks.count else { return nil }
        let block = try load(blocks[number])
        return block.batch(around: block.firstIndex(from: row))
    }

    /// Likewise the last that is there at `sequence` or before it.
    mutating func batch(atOrBefore sequence: Sequence) throws(StoreError) -> EventBatch? {
        guard let row = segment.row(of: sequence) else { return nil }
        let blocks = try segment.blockIndex()
        let behind = blocks.partitionIndex { $0.firstRow > row }
        guard behind > 0 else { return nil }
        let block = try load(blocks[behind - 1])
        return block.batch(around: block.firstIndex(from: row + 1) - 1)
    }

    private mutating func load(_ entry: BlockIndex.Entry) throws(StoreError) -> EventBlock {
        if let block, block.rows.lowerBound == entry.firstRow { return block }
        let loaded = try segment.readBlock(entry)
        block = loaded
        return loaded
    }
}
