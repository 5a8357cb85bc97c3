import AuditModel

/// Reads a block with one read, finds its frames, and makes batches of them.
///
/// Owns its window, so a reader is used by one thread at a time.
struct BlockReader: ~Copyable, @unchecked Sendable {
    // @unchecked: the window has one owner, and the owner is moved, never shared.
    private let window: UnsafeMutableRawBufferPointer
    private var windowBytes = 0
    private var windowStart = 0
    private(set) var log: LogFile?
    /// The frames of the block in order; together they hold each sequence of the block once.
    private(set) var slots: [Slot] = []
    /// The position behind the block.
    private(set) var end: (sequence: Sequence, offset: Int)?

    /// A frame, or a stretch in which none can be told apart.
    struct Slot {
        var offset: Int
        var sequences: SequenceRange
        /// Nil when damaged.
        var header: FrameHeader?
        var cause: FileError?
    }

    init() {
        // Every frame of a block starts in its first blockBytes, so every header is seen.
        window = .allocate(byteCount: Limits.blockBytes + FrameHeader.bytes, alignment: 16)
    }

    deinit {
        window.deallocate()
    }

    /// Reads the headers of the block. What cannot be read becomes a damaged slot.
    mutating func load(_ block: LogFile.Block, of log: LogFile) {
        self.log = log
        slots.removeAll(keepingCapacity: true)
        end = (block.lastSequence.next, block.range.upperBound)
        windowStart = block.range.lowerBound
        let wanted = UnsafeMutableRawBufferPointer(
            rebasing: window[..<min(block.range.count, window.count)])
        var expected = block.firstSequence
        do {
            windowBytes = try log.file.readWhole(into: wanted, at: windowStart)
        } catch {
            windowBytes = 0
            slots.append(
                Slot(
                    offset: windowStart,
                    sequences: SequenceRange(first: expected, last: block.lastSequence),
                    cause: error))
            return
        }
        var offset = windowStart
        while expected <= block.lastSequence {
            guard let header = header(at: offset, salt: log.header.salt),
                header.firstSequence == expected, header.lastSequence <= block.lastSequence,
                offset + header.length <= block.range.upperBound
            else {
                // The next block's start is known from memory; up to there nothing is.
                slots.append(
                    Slot(
                        offset: offset,
                        sequences: SequenceRange(first: expected, last: block.lastSequence)))
                return
            }
            slots.append(Slot(offset: offset, sequences: header.sequences, header: header))
            offset += header.length
            expected = header.lastSequence.next
        }
    }

    private func header(at offset: Int, salt: UInt64) -> FrameHeader? {
        let start = offset - windowStart
        guard start + FrameHeader.bytes <= windowBytes else { return nil }
        return FrameHeader(
            UnsafeRawBufferPointer(rebasing: window[start..<start + FrameHeader.bytes]), salt: salt)
    }

    /// The events of a slot of the loaded block. Throws `damaged`.
    func batch(_ slot: Slot) throws(StoreError) -> EventBatch {
        guard let log else { preconditionFailure("a slot comes from a loaded block") }
        guard let header = slot.header else {
            throw damaged("no valid frame", slot, log, cause: slot.cause)
        }
        let frame = UnsafeMutableRawBufferPointer.allocate(
            byteCount: header.length, alignment: 16)
        do {
            let entries = try read(slot, header, of: log, into: frame)
            return EventBatch(
                owning: frame, firstSequence: header.firstSequence, recordedAt: header.recordedAt,
                entries: entries)
        } catch {
            frame.deallocate()
            throw error
        }
    }

    private func read(
        _ slot: Slot, _ header: FrameHeader, of log: LogFile,
        into frame: UnsafeMutableRawBufferPointer
    ) throws(StoreError) -> [EventBatch.Entry] {
        let start = slot.offset - windowStart
        if start + header.length <= windowBytes {
            frame.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: window[start..<start + header.length]))
        } else {
            let count: Int
            do {
                count = try log.file.readWhole(into: frame, at: slot.offset)
            } catch {
                throw damaged("a frame that cannot be read", slot, log, cause: error)
            }
            guard count == frame.count else {
                throw damaged("a frame that is cut off", slot, log)
            }
        }
        let bytes = UnsafeRawBufferPointer(frame)
        guard header.matchesBody(of: bytes, salt: log.header.salt),
            let entries = FrameBody.entries(of: bytes, header: header)
        else {
            throw damaged("a frame that does not match its checksum", slot, log)
        }
        return entries
    }

    private func damaged(
        _ what: String, _ slot: Slot, _ log: LogFile, cause: FileError? = nil
    ) -> StoreError {
        var error = StoreError.damaged(
            what, file: log.path, offset: slot.offset, sequences: slot.sequences)
        error.cause = cause
        return error
    }
}
