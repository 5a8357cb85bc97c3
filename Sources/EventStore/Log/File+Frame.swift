extension File {
    /// Writes a sealed frame; where the system takes it in pieces, its end mark last.
    ///
    /// One write leaves whole sectors. With several, a sector may hold parts of two, and a power cut keep
    /// the first part alone: that sector is neither there nor empty, and a start would take a frame with
    /// its end mark behind it for damage (`TornTail`). So everything else is durable before the end mark.
    func writeFrame(_ frame: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        let taken = try write(frame, at: offset)
        guard taken < frame.count else { return }
        let endMark = max(taken, frame.count - FrameHeader.endMarkBytes)
        var done = 0
        try writeWhole(
            UnsafeRawBufferPointer(rebasing: frame[taken..<endMark]), at: offset + taken,
            done: &done
        )
        try synchronize()
        try writeWhole(
            UnsafeRawBufferPointer(rebasing: frame[endMark...]), at: offset + endMark, done: &done)
    }
}
