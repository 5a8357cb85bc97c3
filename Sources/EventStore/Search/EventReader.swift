package import AuditModel

/// Reads single events of search parts, in any order; those that lie together cost one read.
///
/// Used by one thread at a time.
package struct EventReader: ~Copyable {
    private let store: EventStore
    private let usesCaches: Bool
    private var reader = BlockReader()
    /// What was read last: a frame of a log, or a block of a segment.
    private var batch: EventBatch?
    private var block: EventBlock?
    private var blockOrigin = Sequence.zero
    /// The blocks of the segment that was read last: they are asked for with each event.
    private var places: (segment: Segment, blocks: [BlockIndex.Entry])?
    /// How often it went on to another frame or block, from the disk or a cache.
    package private(set) var blocksRead = 0

    /// - Parameter usesCaches: false for who may read all of the store: what others ask for again stays
    ///   in the caches.
    package init(_ store: EventStore, usesCaches: Bool = true) {
        self.store = store
        self.usesCaches = usesCaches
    }

    /// Whether that event costs no read.
    package func holds(_ sequence: Sequence) -> Bool {
        if let batch, batch.firstSequence <= sequence, sequence <= batch.lastSequence {
            return true
        }
        guard let block, sequence >= blockOrigin else { return false }
        return block.rows.contains(Row(clamping: sequence.rawValue - blockOrigin.rawValue))
    }

    /// Calls `body` with an event of the part; nil when retention left it out. The pointers must not
    /// outlive the call.
    ///
    /// Throws `damaged`, with the sequences that cannot be read, or `inputOutput`.
    package mutating func withEvent<Result>(
        _ sequence: Sequence, of part: SearchPart, _ body: (EventView) -> Result
    ) throws(StoreError) -> Result? {
        if !holds(sequence) { try load(sequence, of: part) }
        if let batch {
            return batch.withEvent(
                at: Int(sequence.rawValue - batch.firstSequence.rawValue), body)
        }
        guard let block, let index = block.index(of: part.row(of: sequence)) else { return nil }
        return block.withEvent(at: index, body)
    }

    private mutating func load(_ sequence: Sequence, of part: SearchPart) throws(StoreError) {
        blocksRead += 1
        batch = nil
        block = nil
        switch part.source {
        case .log(let log):
            batch = try frame(holding: sequence, of: log)
        case .segment(let segment):
            let row = part.row(of: sequence)
            block =
                usesCaches
                ? try segment.block(holding: row, among: blocks(of: segment))
                : try segment.uncachedBlock(holding: row)
            blockOrigin = part.origin
        }
    }

    private mutating func blocks(
        of segment: Segment
    ) throws(StoreError) -> [BlockIndex.Entry] {
        if let places, places.segment === segment { return places.blocks }
        let blocks = try segment.blockIndex()
        places = (segment, blocks)
        return blocks
    }

    private mutating func frame(
        holding sequence: Sequence, of log: LogFile
    ) throws(StoreError) -> EventBatch {
        if let batch = store.cache.batch(holding: sequence) { return batch }
        if reader.log !== log || !reader.holds(sequence) {
            guard let block = log.block(holding: sequence) else {
                preconditionFailure("a search part holds what was committed to its log")
            }
            reader.load(block, of: log)
        }
        guard let slot = reader.slots.first(where: { $0.sequences.last >= sequence }) else {
            preconditionFailure("the slots of a block hold each of its sequences")
        }
        let batch = try reader.batch(slot)
        if usesCaches { store.cache.insert(batch) }
        return batch
    }
}

extension BlockReader {
    /// Whether the loaded block has that event.
    fileprivate func holds(_ sequence: Sequence) -> Bool {
        guard let first = slots.first?.sequences.first, let end else { return false }
        return first <= sequence && sequence < end.sequence
    }
}
