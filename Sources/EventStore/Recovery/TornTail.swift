import AuditModel

/// Tells the rest of a write that a crash interrupted from damage.
///
/// At most one frame is not yet durable at any time, and it is written over zeros or behind the end
/// of the file. A crash persists any of its sectors, or (a killed process) a prefix of its bytes;
/// nothing else can be behind the last whole frame. So the bytes there are a torn write only if
/// part of the frame is missing: its end mark, or a sector that is still zero. A frame that is all
/// there but wrong was written whole once, and may have been answered.
enum TornTail {
    enum Verdict: Equatable {
        case torn
        /// `next` is the sequence of a whole frame header behind the bad bytes, if there is one.
        case damaged(next: Sequence?)
    }

    /// - Parameters:
    ///   - tail: from the end of the last whole frame to the last byte that is not zero.
    ///   - offset: where that is in the file.
    ///   - expected: the sequence that the frame there would have.
    ///   - isReadable: false when zeros stand for sectors that the disk does not give: what was in them may
    ///     have been all of the frame.
    static func judge(
        _ tail: UnsafeRawBufferPointer, at offset: Int, expected: Sequence, salt: UInt64,
        isReadable: Bool = true
    ) -> Verdict {
        if let next = laterFrame(in: tail, salt: salt) { return .damaged(next: next) }
        guard isReadable else { return .damaged(next: nil) }
        guard tail.count >= FrameHeader.bytes else { return .torn }
        guard let header = FrameHeader(tail, salt: salt), header.firstSequence == expected else {
            let header = UnsafeRawBufferPointer(rebasing: tail[..<FrameHeader.bytes])
            return hasEmptySector(header, at: offset) ? .torn : .damaged(next: nil)
        }
        // Its end mark's last byte is not zero, so a shorter tail is a frame without its end.
        if tail.count < header.length { return .torn }
        if tail.count > header.length { return .damaged(next: nil) }
        return hasEmptySector(tail, at: offset) ? .torn : .damaged(next: nil)
    }

    /// The sequence of the first whole frame header behind the first byte. Payloads cannot contain
    /// one: it is checked with the log's salt.
    private static func laterFrame(in tail: UnsafeRawBufferPointer, salt: UInt64) -> Sequence? {
        var start = 1
        while start + FrameHeader.bytes <= tail.count {
            let candidate = UnsafeRawBufferPointer(
                rebasing: tail[start..<start + FrameHeader.bytes])
            if let header = FrameHeader(candidate, salt: salt) { return header.firstSequence }
            start += 1
        }
        return nil
    }

    /// Whether the part of `bytes` in any one sector of the file is all zero.
    private static func hasEmptySector(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Sector.bytes - (offset + start) % Sector.bytes)
            if UnsafeRawBufferPointer(rebasing: bytes[start..<end]).isAllZero { return true }
            start = end
        }
        return false
    }
}
