package import AuditModel

/// Walks the stored frames from a sequence on, forward or backward.
///
/// Never blocks the committer and is not blocked by it; sees what was committed before each call. A
/// cursor is used by one thread at a time and keeps the file that it reads alive.
package struct Cursor: ~Copyable, Sendable {
    package enum Direction: Sendable {
        case forward
        case backward
    }

    private let store: EventStore
    private let direction: Direction
    private var reader = BlockReader()
    /// Slots of the reader that are not delivered yet.
    private var pending: Range<Int> = 0..<0
    /// The next sequence to deliver.
    package private(set) var position: Sequence

    init(_ store: EventStore, from sequence: Sequence, _ direction: Direction) {
        self.store = store
        self.direction = direction
        position = sequence
    }

    /// The next whole frame; nil when there is none (a forward cursor may be asked again later).
    ///
    /// The first frame holds the start and may hold events on its other side: the caller skips
    /// them. A backward cursor gives frames in descending order, and the events of each are still
    /// in ascending order. Events that retention took are passed over: a forward cursor then goes
    /// on at the oldest, which the caller sees by the sequence.
    ///
    /// Throws `damaged` for frames that cannot be read; the call after it goes on behind them.
    package mutating func next() throws(StoreError) -> EventBatch? {
        switch direction {
        case .forward: try nextForward()
        case .backward: try nextBackward()
        }
    }

    private mutating func nextForward() throws(StoreError) -> EventBatch? {
        while true {
            let (oldest, head) = store.readable
            position = max(position, oldest)
            guard position <= head else { return nil }
            while let index = pending.first {
                let slot = reader.slots[index]
                pending = index + 1..<pending.upperBound
                guard slot.sequences.last >= position else { continue }
                position = slot.sequences.last.next
                return try reader.batch(slot)
            }
            guard load() else { continue }
        }
    }

    private mutating func nextBackward() throws(StoreError) -> EventBatch? {
        while true {
            let (oldest, head) = store.readable
            position = min(position, head)
            guard position >= oldest, position > .zero else { return nil }
            while let index = pending.last {
                let slot = reader.slots[index]
                pending = pending.lowerBound..<index
                guard slot.sequences.first <= position else { continue }
                position = slot.sequences.first.previous
                return try reader.batch(slot)
            }
            guard load() else { continue }
        }
    }

    /// Reads the block that holds `position`. False when retention took it meanwhile.
    private mutating func load() -> Bool {
        guard let log = store.log(holding: position) else { return false }
        let reached = reader.log === log ? reader.end : nil
        guard let block = log.block(holding: position, reached: reached) else { return false }
        reader.load(block, of: log)
        pending = reader.slots.indices
        return true
    }
}
