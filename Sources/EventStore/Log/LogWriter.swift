import AuditModel

/// The write end of the newest log. Used under the store's writer lock alone.
struct LogWriter {
    private let fileSystem: any FileSystem
    private let directory: String
    private let logBytesMax: Int
    private let logEventsMax: Int
    private let salt: @Sendable () -> UInt64

    private(set) var active: LogFile
    /// The size of the active log's file: zeros from the last frame on.
    private var allocatedEnd: Int
    /// Why no write may happen until a restart.
    private(set) var refusal: StoreError?

    init(
        _ configuration: StoreConfiguration, _ fileSystem: any FileSystem, active: LogFile,
        allocatedEnd: Int
    ) {
        self.fileSystem = fileSystem
        directory = configuration.logDirectory
        logBytesMax = configuration.logBytesMax
        logEventsMax = configuration.logEventsMax
        salt = configuration.salt
        self.active = active
        self.allocatedEnd = allocatedEnd
    }

    /// Whether a frame belongs into the next log.
    func mustRoll(for frame: FrameHeader) -> Bool {
        let extent = active.extent
        let events = Int(extent.lastSequence.rawValue + 1 - active.header.firstSequence.rawValue)
        return events > 0
            && (extent.end + frame.length > logBytesMax || events + frame.count > logEventsMax)
    }

    /// Begins the next log; the old one keeps its frames. Throws `diskFull` or `refusingWrites`.
    mutating func roll() throws(StoreError) {
        try refuseAgain()
        let extent = active.extent
        let header = LogHeader(
            firstSequence: extent.lastSequence.next, recordedAtFloor: extent.newestRecordedAt,
            salt: salt())
        let unnamed: any File
        do {
            unnamed = try LogFile.createUnfinished(header, in: directory, fileSystem)
        } catch {
            if error.isDiskFull || error.isOutOfDescriptors { throw diskFull(error) }
            throw refuse("the next log could not be made", error)
        }
        let next: LogFile
        do {
            next = try LogFile.finish(unnamed, header, in: directory, fileSystem)
        } catch {
            // Its name may be there or not: going on in the old log could give a sequence to both.
            throw refuse("the next log could not be named", error)
        }
        // Gives the zeros back. When it fails they stay, which no reader minds.
        try? active.file.truncate(to: extent.end)
        active = next
        allocatedEnd = LogHeader.bytes
    }

    /// Writes a sealed frame behind the last one and makes it durable; the caller then publishes
    /// it.
    ///
    /// Throws `diskFull`, after which the log is as before, or `refusingWrites`.
    mutating func write(_ frame: UnsafeRawBufferPointer) throws(StoreError) {
        try refuseAgain()
        let start = active.extent.end
        try preallocate(start..<start + frame.count)
        do {
            try active.file.writeFrame(frame, at: start)
        } catch {
            try restore(start..<start + frame.count)
            if error.isDiskFull { throw diskFull(error) }
            throw refuse("a write failed", error)
        }
        try synchronize()
        allocatedEnd = max(allocatedEnd, start + frame.count)
    }

    /// Writes zeros ahead of a small frame, a chunk at a time.
    private mutating func preallocate(_ frame: Range<Int>) throws(StoreError) {
        guard frame.upperBound > allocatedEnd, frame.count < Limits.preallocatedFrameBytesMax
        else { return }
        let wanted = min(allocatedEnd + Limits.preallocationBytes, logBytesMax)
        guard wanted > frame.upperBound else { return }
        var done = 0
        do {
            try active.file.writeZeros(allocatedEnd..<wanted, done: &done)
        } catch {
            // The frame alone may still fit.
            guard error.isDiskFull else { throw refuse("a write failed", error) }
        }
        allocatedEnd += done
        try synchronize()
    }

    private mutating func synchronize() throws(StoreError) {
        do {
            try active.file.synchronize()
        } catch {
            // The kernel may have dropped the pages and forgotten the failure: a second sync proves
            // nothing.
            throw refuse("a sync failed", error)
        }
    }

    /// Takes back what a failed write may have left in its range, so that the next one meets zeros.
    ///
    /// The zeros that were written ahead stay: they are room that smaller frames can still use.
    private mutating func restore(_ range: Range<Int>) throws(StoreError) {
        do {
            if range.upperBound > allocatedEnd {
                try active.file.truncate(to: allocatedEnd)
            }
            let ahead = range.clamped(to: 0..<max(allocatedEnd, range.lowerBound))
            var done = 0
            if !ahead.isEmpty {
                try active.file.writeZeros(ahead, done: &done)
            }
        } catch {
            throw refuse("a failed write could not be taken back", error)
        }
        try synchronize()
    }

    private func refuseAgain() throws(StoreError) {
        if let refusal { throw refusal }
    }

    private mutating func refuse(_ what: String, _ cause: FileError) -> StoreError {
        let error = StoreError(
            .refusingWrites,
            "\(what), so what is on disk is unknown: no more events are stored until a restart",
            cause: cause)
        refusal = error
        return error
    }

    private func diskFull(_ cause: FileError) -> StoreError {
        StoreError(.diskFull, "no room in \(directory) for more events", cause: cause)
    }
}

extension LogFile {
    /// Makes an empty log that survives a crash as a whole or not at all.
    static func create(
        _ header: LogHeader, in directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> LogFile {
        let file = try createUnfinished(header, in: directory, fileSystem)
        return try finish(file, header, in: directory, fileSystem)
    }

    /// The first half: a durable header under a name that recovery removes.
    fileprivate static func createUnfinished(
        _ header: LogHeader, in directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> any File {
        let path = directory + "/" + LogName.unfinished(header.firstSequence)
        // An attempt before may have left it.
        try? fileSystem.remove(path)
        let file = try fileSystem.open(path, create: true)
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: LogHeader.bytes, alignment: 16)
        defer { bytes.deallocate() }
        header.write(to: bytes)
        do {
            var done = 0
            try file.writeWhole(UnsafeRawBufferPointer(bytes), at: 0, done: &done)
            try file.synchronize()
        } catch {
            try? fileSystem.remove(path)
            throw error
        }
        return file
    }

    /// The second half: from here on the log is part of the store.
    fileprivate static func finish(
        _ file: any File, _ header: LogHeader, in directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> LogFile {
        let path = directory + "/" + LogName.of(header.firstSequence)
        try fileSystem.rename(
            directory + "/" + LogName.unfinished(header.firstSequence), to: path)
        try fileSystem.synchronizeDirectory(directory)
        return LogFile(path: path, file: file, header: header)
    }
}
