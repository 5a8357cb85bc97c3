import AuditModel

extension Recovery {
    /// Removes what a crash left, and makes durable what was read. Where the zeros of the last log end
    /// now.
    ///
    /// A segment is durable before it gets its name, and its name before its log is removed: here it is
    /// made durable again, since the process that gave it may not have come to that.
    func settle() throws(StoreError) -> Int {
        let (configuration, fileSystem) = (configuration, fileSystem)
        let (unfinished, sealedLogs) = (unfinished, sealedLogs)
        try StoreError.settling { () throws(FileError) in
            for path in unfinished { try fileSystem.remove(path) }
            try fileSystem.synchronizeDirectory(configuration.segmentDirectory)
            for path in sealedLogs { try fileSystem.remove(path) }
            // The last log's name, and the removal of the first ones.
            try fileSystem.synchronizeDirectory(configuration.logDirectory)
        }
        return try replay.settle(parts.last?.log)
    }
}

extension Replay {
    /// Makes the end of the last log durable, and one that the next frame can be written over.
    ///
    /// A process that was killed before its sync, or whose sync failed, leaves bytes that reads see
    /// and a power cut takes. After a failed sync the kernel may count the pages as written, so a
    /// sync alone proves nothing: they are written again. One frame is in flight at a time, and
    /// neither a next frame nor a next log follows one that was not synchronized: it is the last
    /// one, and what is behind it. In place, so that it works on a full disk.
    fileprivate func settle(_ log: LogFile?) throws(StoreError) -> Int {
        guard let log else { return 0 }
        if let lastFrame { try rewrite(lastFrame, of: log) }
        let tail = log.extent.end..<fileBytes
        return try StoreError.settling { () throws(FileError) in
            let end = try Replay.zero(tail, of: log)
            try log.file.synchronize()
            return end
        }
    }

    private func rewrite(_ header: FrameHeader, of log: LogFile) throws(StoreError) {
        let start = log.extent.end - header.length
        let frame = UnsafeMutableRawBufferPointer.allocate(
            byteCount: header.length, alignment: 16)
        defer { frame.deallocate() }
        let bytes = UnsafeRawBufferPointer(frame)
        let count = try StoreError.settling { () throws(FileError) in
            try log.file.readWhole(into: frame, at: start)
        }
        // What only memory had may be gone since it was verified.
        guard count == header.length,
            FrameHeader(bytes, salt: log.header.salt) == header,
            header.matchesBody(of: bytes, salt: log.header.salt)
        else {
            throw StoreError.refusal(
                "a frame that changed while it was read", log.path, start, header.sequences)
        }
        try StoreError.settling { () throws(FileError) in
            var done = 0
            try log.file.writeWhole(bytes, at: start, done: &done)
        }
    }

    /// The end of the zeros.
    private static func zero(_ tail: Range<Int>, of log: LogFile) throws(FileError) -> Int {
        guard !tail.isEmpty else { return tail.upperBound }
        var done = 0
        do {
            try log.file.writeZeros(tail, done: &done)
            return tail.upperBound
        } catch {
            // A part of the file that has no room of its own.
            guard error.isDiskFull else { throw error }
            try log.file.truncate(to: tail.lowerBound + done)
            return tail.lowerBound + done
        }
    }
}

extension StoreError {
    fileprivate static func settling<Result>(
        _ body: () throws(FileError) -> Result
    ) throws(StoreError) -> Result {
        do {
            return try StoreError.wrappingFileErrors(body)
        } catch {
            var error = error
            error.message += """
                , so the events stored last may not be on the disk and the store does not start. \
                Check the disk and its room, then start again
                """
            throw error
        }
    }
}
