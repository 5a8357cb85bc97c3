import AuditModel

/// Walks over everything in a log that can still be read, whatever lies between: bytes that changed, or
/// sectors that the disk does not give.
struct LogSalvage {
    let path: String
    let fileSystem: any FileSystem
    /// The log's name.
    let first: Sequence

    struct Found {
        /// The end of what is known: its events were read or are in `lost`. The one before `first` when
        /// nothing is.
        var through: Sequence
        var events = 0
        var lost: [SequenceRange] = []
        var recordedAt: ClosedRange<Timestamp>?
        /// Of the header; nil when it is gone.
        var floor: Timestamp?
        var skipped: SequenceRange?
        var isMended = false
        var end = End.clean

        enum End: Hashable {
            case clean
            /// The rest of a write that was never answered.
            case torn
            /// Events through this one may have been there.
            case unreadable(atMost: Sequence)
        }
    }

    /// Visits the whole frames in the order of their sequences. Changes nothing.
    ///
    /// Throws `inputOutput`, `unsupportedVersion`, `damaged` when it is another log under this name,
    /// and what `visit` throws.
    func read(_ visit: (EventBatch) throws(StoreError) -> Void) throws(StoreError) -> Found {
        let file = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.open(path, create: false)
        }
        var window = try ReplayWindow(file)
        var found = Found(through: first.previous)
        guard let salt = try readHeader(&window, &found) else {
            // As many as the largest log can hold: nothing tells how long this one was.
            found.end = .unreadable(atMost: first + (Limits.logEntriesMax - 1))
            return found
        }
        var walk = Walk(offset: LogHeader.bytes, expected: first, salt: salt)
        while try step(&walk, &window, &found, visit) {}
        found.through = walk.expected.previous
        return found
    }

    private struct Walk {
        var offset: Int
        var expected: Sequence
        let salt: UInt64
        /// Behind the last byte that is not zero; found once, where something is wrong.
        var dataEnd: Int?
    }

    /// The salt, without which no frame can be told from others.
    private func readHeader(
        _ window: inout ReplayWindow, _ found: inout Found
    ) throws(StoreError) -> UInt64? {
        guard let bytes = try window.bytes(at: 0, count: LogHeader.bytes),
            let (header, isMended) = try HeaderMending.logHeader(bytes, path)
        else { return nil }
        guard header.firstSequence == first else {
            throw StoreError(
                .damaged,
                "\(path) is the log of another name, \(LogName.of(header.firstSequence)). Give it "
                    + "that name, or move it out of the folder, and repair again",
                damage: StoreError.Damage(
                    file: path, offset: 0, sequences: SequenceRange(first: first, last: first)))
        }
        found.floor = header.recordedAtFloor
        found.skipped = header.skipped
        found.isMended = isMended
        return header.salt
    }

    /// Takes the frame at the walk's place, or passes what is none. False at the end.
    private func step(
        _ walk: inout Walk, _ window: inout ReplayWindow, _ found: inout Found,
        _ visit: (EventBatch) throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        if let header = try frame(at: walk.offset, walk, &window) {
            if header.firstSequence > walk.expected {
                found.lost.append(
                    SequenceRange(first: walk.expected, last: header.firstSequence.previous))
            }
            if let batch = try batch(header, walk, &window),
                batch.recordedAt >= found.recordedAt?.upperBound ?? batch.recordedAt
            {
                try visit(batch)
                found.events += batch.count
                let oldest = found.recordedAt?.lowerBound ?? batch.recordedAt
                found.recordedAt = oldest...batch.recordedAt
            } else {
                found.lost.append(header.sequences)
            }
            walk.offset += header.length
            walk.expected = header.lastSequence.next
            return true
        }
        if walk.dataEnd == nil { walk.dataEnd = try window.endOfData(from: walk.offset) }
        guard let end = walk.dataEnd, end > walk.offset else { return false }
        if let next = try nextFrame(behind: walk.offset, before: end, walk, &window) {
            walk.offset = next
            return true
        }
        found.end = try judge(walk, end, &window)
        return false
    }

    /// The header of a frame there that goes on from what was read.
    private func frame(
        at offset: Int, _ walk: Walk, _ window: inout ReplayWindow
    ) throws(StoreError) -> FrameHeader? {
        guard let bytes = try window.bytes(at: offset, count: FrameHeader.bytes),
            let header = FrameHeader(bytes, salt: walk.salt),
            header.firstSequence >= walk.expected
        else { return nil }
        return header
    }

    private func batch(
        _ header: FrameHeader, _ walk: Walk, _ window: inout ReplayWindow
    ) throws(StoreError) -> EventBatch? {
        guard let bytes = try window.bytes(at: walk.offset, count: header.length),
            header.matchesBody(of: bytes, salt: walk.salt),
            let entries = FrameBody.entries(of: bytes, header: header),
            entries.allSatisfy({ $0.organizationBytes <= Limits.organizationBytesMax })
        else { return nil }
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bytes.count, alignment: 16)
        copy.copyMemory(from: bytes)
        return EventBatch(
            owning: copy, firstSequence: header.firstSequence, recordedAt: header.recordedAt,
            entries: entries)
    }

    private func nextFrame(
        behind offset: Int, before end: Int, _ walk: Walk, _ window: inout ReplayWindow
    ) throws(StoreError) -> Int? {
        var start = offset + 1
        while start + FrameHeader.bytes <= end {
            let count = min(Limits.salvageBytes, end - start)
            guard let bytes = try window.bytes(at: start, count: count) else { return nil }
            let starts = 0...(count - FrameHeader.bytes)
            for place in starts {
                guard bytes.loadLittleEndian(UInt32.self, at: place) == FrameHeader.magic else {
                    continue
                }
                let candidate = UnsafeRawBufferPointer(
                    rebasing: bytes[place..<place + FrameHeader.bytes])
                if let header = FrameHeader(candidate, salt: walk.salt),
                    header.firstSequence >= walk.expected
                {
                    return start + place
                }
            }
            start += starts.count
        }
        return nil
    }

    /// What the bytes are behind which no frame comes any more.
    private func judge(
        _ walk: Walk, _ end: Int, _ window: inout ReplayWindow
    ) throws(StoreError) -> Found.End {
        let count = end - walk.offset
        if count <= Limits.frameBytesMax,
            let bytes = try window.bytes(at: walk.offset, count: count),
            TornTail.judge(
                bytes, at: walk.offset, expected: walk.expected, salt: walk.salt,
                isReadable: window.firstUnreadable(at: walk.offset, count: count) == nil) == .torn
        {
            return .torn
        }
        // No event is shorter than its header.
        return .unreadable(atMost: walk.expected + count / EventHeader.bytes)
    }
}
