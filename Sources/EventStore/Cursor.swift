package import AuditModel

/// Walks the stored events from a sequence on, forward or backward, in the batches in which they lie
/// in logs and segments.
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
    private var segmentReader: SegmentReader?
    /// The next sequence to deliver.
    package private(set) var position: Sequence

    init(_ store: EventStore, from sequence: Sequence, _ direction: Direction) {
        self.store = store
        self.direction = direction
        position = sequence
    }

    /// The next batch: a frame of a log, or events of a segment that were recorded together. Nil when
    /// there is none (a forward cursor may be asked again later).
    ///
    /// The first batch holds the start and may hold events on its other side: the caller skips
    /// them. A backward cursor gives batches in descending order, and the events of each are still
    /// in ascending order. Events that retention took are passed over, at the oldest end and in
    /// between, which the caller sees by the sequences.
    ///
    /// Those that a restored store skipped are passed over likewise.
    ///
    /// Throws `damaged` for events that cannot be read; the call after it goes on behind them.
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
            if let skipped = skipped() {
                position = skipped.last.next
                continue
            }
            guard let segment = load() else { continue }
            if let batch = try next(of: segment) { return batch }
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
            if let skipped = skipped() {
                position = skipped.first.previous
                continue
            }
            guard let segment = load() else { continue }
            if let batch = try next(of: segment) { return batch }
        }
    }

    /// The sequences around `position` that no part holds.
    private func skipped() -> SequenceRange? {
        guard let skipped = store.skipped(atOrAfter: position), skipped.first <= position else {
            return nil
        }
        return skipped
    }

    /// Finds the part that holds `position`: a segment to go on in, or nil after the block of a log was
    /// read, or when retention took the part meanwhile.
    private mutating func load() -> Segment? {
        switch store.part(holding: position) {
        case nil: return nil
        case .sealed(let segment): return segment
        case .log(let log):
            let reached = reader.log === log ? reader.end : nil
            guard let block = log.block(holding: position, reached: reached) else { return nil }
            reader.load(block, of: log)
            pending = reader.slots.indices
            return nil
        }
    }

    /// The next batch of a segment that holds `position`; nil when it has no more, and then `position`
    /// is outside of it.
    private mutating func next(of segment: Segment) throws(StoreError) -> EventBatch? {
        var reader = segmentReader ?? SegmentReader(segment)
        if reader.segment !== segment { reader = SegmentReader(segment) }
        let rest =
            direction == .forward
            ? SequenceRange(first: position, last: segment.bounds.sequences.last)
            : SequenceRange(first: segment.bounds.sequences.first, last: position)
        let batch: EventBatch?
        do throws(StoreError) {
            batch =
                direction == .forward
                ? try reader.batch(atOrAfter: position) : try reader.batch(atOrBefore: position)
        } catch {
            let error = error.locating(rest, in: segment.path)
            pass(error.damage?.sequences ?? rest)
            throw error
        }
        segmentReader = reader
        let found = batch.map { SequenceRange(first: $0.firstSequence, last: $0.lastSequence) }
        if let lost = lost(in: rest, before: found) {
            pass(lost)
            throw .lost(lost, segment.path)
        }
        pass(found ?? rest)
        return batch
    }

    /// The next events that a repair could not save, if they come before those that were found.
    private func lost(in rest: SequenceRange, before found: SequenceRange?) -> SequenceRange? {
        guard !store.lost.isEmpty else { return nil }
        var passed = rest
        if let found {
            guard !found.contains(position) else { return nil }
            switch direction {
            case .forward: passed.last = found.first.previous
            case .backward: passed.first = found.last.next
            }
        }
        let lost = store.lost.overlapping(passed)
        return direction == .forward ? lost.first : lost.last
    }

    /// Moves behind a range, and by one at least.
    private mutating func pass(_ range: SequenceRange) {
        position =
            direction == .forward
            ? max(position, range.last).next : min(position, range.first).previous
    }
}

extension StoreError {
    /// The same as damage of a part that could not be read at all.
    fileprivate func locating(_ sequences: SequenceRange, in path: String) -> StoreError {
        guard damage == nil else { return self }
        var error = StoreError.damaged(
            "a segment that cannot be read", file: path, offset: 0, sequences: sequences)
        error.cause = cause
        return error
    }
}
