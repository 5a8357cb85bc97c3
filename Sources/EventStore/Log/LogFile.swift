import AuditModel
internal import Synchronization

/// One log and what is known of the frames in it.
///
/// This is what reading needs of it: an extent, and the block of frames that holds a sequence or a
/// time. Readers on any thread keep it alive; when it was sealed or retention has unlinked it, it is
/// read to the end of its last reader.
final class LogFile: Sendable {
    let path: String
    let file: any File
    let header: LogHeader
    /// What searches ask; follows the committed frames.
    let index: LogIndex
    private let state: Mutex<State>

    fileprivate struct State {
        var extent: Extent
        /// One for each `Limits.blockBytes` or larger frame: the starts of the blocks.
        var positions: [Position] = []
        var isSealable = true
    }

    /// How far the log goes.
    struct Extent {
        /// Behind the last committed frame.
        var end: Int
        var lastSequence: Sequence
        /// Of the last frame, or the header's floor.
        var newestRecordedAt: Timestamp
    }

    /// Where a frame starts.
    struct Position {
        var sequence: Sequence
        var recordedAt: Timestamp
        var offset: UInt32
    }

    /// Consecutive frames, of which each starts in the first `Limits.blockBytes` bytes.
    struct Block {
        var firstSequence: Sequence
        var lastSequence: Sequence
        var range: Range<Int>
    }

    init(path: String, file: any File, header: LogHeader) {
        self.path = path
        self.file = file
        self.header = header
        index = LogIndex(header)
        state = Mutex(
            State(
                extent: Extent(
                    end: LogHeader.bytes, lastSequence: header.firstSequence.previous,
                    newestRecordedAt: header.recordedAtFloor)))
    }

    var extent: Extent { state.withLock { $0.extent } }

    var isEmpty: Bool { extent.lastSequence < header.firstSequence }

    /// False once it was found that not all of it can be read: then it stays a log.
    var isSealable: Bool { state.withLock { $0.isSealable } }

    func markUnsealable() { state.withLock { $0.isSealable = false } }

    /// Of its first frame; nil without one.
    var oldestRecordedAt: Timestamp? { state.withLock { $0.positions.first?.recordedAt } }

    /// Makes the next frame readable; it is on stable storage at `extent.end`.
    func publish(_ frame: FrameHeader) {
        state.withLock { state in
            let offset = state.extent.end
            let blockStart = state.positions.last.map { Int($0.offset) }
            if blockStart.map({ offset - $0 >= Limits.blockBytes }) ?? true {
                state.positions.append(
                    Position(
                        sequence: frame.firstSequence, recordedAt: frame.recordedAt,
                        offset: UInt32(offset)))
            }
            state.extent = Extent(
                end: offset + frame.length, lastSequence: frame.lastSequence,
                newestRecordedAt: frame.recordedAt)
        }
    }

    /// The block that holds `sequence`; nil when the log does not.
    ///
    /// - Parameter reached: a frame start that a reader knows. When it is that of `sequence`, the
    /// block starts there.
    func block(
        holding sequence: Sequence, reached: (sequence: Sequence, offset: Int)? = nil
    ) -> Block? {
        state.withLock { state -> Block? in
            guard sequence >= header.firstSequence, sequence <= state.extent.lastSequence else {
                return nil
            }
            // The first position is that of the first sequence, so there is one before.
            let index = state.positions.partitionIndex { $0.sequence > sequence } - 1
            var block = state.block(at: index)
            if let reached, reached.sequence == sequence, block.range.contains(reached.offset) {
                block.firstSequence = sequence
                block.range = reached.offset..<block.range.upperBound
            }
            return block
        }
    }

    /// The block in which the first frame recorded at `time` or later is, or the one right before
    /// it; nil when all were recorded before.
    func block(recordedSince time: Timestamp) -> Block? {
        state.withLock { state -> Block? in
            guard !state.positions.isEmpty, state.extent.newestRecordedAt >= time else {
                return nil
            }
            let since = state.positions.partitionIndex { $0.recordedAt >= time }
            return state.block(at: max(0, since - 1))
        }
    }
}

extension LogFile.State {
    fileprivate func block(at index: Int) -> LogFile.Block {
        let start = positions[index]
        guard index + 1 < positions.count else {
            return LogFile.Block(
                firstSequence: start.sequence, lastSequence: extent.lastSequence,
                range: Int(start.offset)..<extent.end)
        }
        let next = positions[index + 1]
        return LogFile.Block(
            firstSequence: start.sequence, lastSequence: next.sequence.previous,
            range: Int(start.offset)..<Int(next.offset))
    }
}

extension RandomAccessCollection where Index == Int {
    /// The index of the first element that is `behind`; all after it are too. `endIndex` when none is.
    func partitionIndex(where behind: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if behind(self[middle]) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}
