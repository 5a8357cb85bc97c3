import AuditModel
internal import Synchronization

/// The on-disk log of events.
///
/// One thread appends (`makeBatch`, `append`); any thread reads, and neither waits for the other's
/// disk operations: an append becomes visible to readers as a whole when it is on stable storage.
/// Events come back in the batches that they were stored in. Sequences are dense and never reused,
/// recorded_at never decreases, over restarts too.
package final class EventStore: Sendable {
    let configuration: StoreConfiguration
    let fileSystem: any FileSystem
    let index: IdentifierIndex
    let cache = FrameCache()

    /// What readers see. Held for a few instructions, never during a file operation.
    let published: Mutex<Published>
    /// The write end; held during writes and syncs, by the committer and by a sweep alone.
    let writer: Mutex<Writer>
    let clock = Mutex(SteadyClock())

    struct Published {
        /// In order; the last one is being written.
        var logs: [LogFile]
        var head: Sequence
        var newestRecordedAt: Timestamp
        /// The first event that retention shows.
        var oldest: Sequence
        /// Of that event; nil when there is none.
        var oldestRecordedAt: Timestamp?
        var bytes: Int
        var writeRefusal: String?
    }

    struct Writer {
        var log: LogWriter
        /// Nil once closed.
        var lock: (any Sendable)?
    }

    /// Opens the folder, makes it when it is missing, and replays every kept event.
    ///
    /// Events past the retention are visible until the first `hideExpired` or `expire`: call one
    /// before serving.
    ///
    /// Throws `locked` (another process has the folder), `damaged` (names file, byte and what to
    /// do), `unsupportedVersion`, `invalidConfiguration`, `diskFull` or `inputOutput`. Nothing is
    /// changed then.
    package static func open(
        _ configuration: StoreConfiguration, fileSystem: any FileSystem = PosixFileSystem()
    ) throws(StoreError) -> (store: EventStore, report: RecoveryReport) {
        guard Limits.logBytesRange.contains(configuration.logBytesMax) else {
            throw StoreError(
                .invalidConfiguration,
                "a log of \(configuration.logBytesMax) bytes is not within \(Limits.logBytesRange)")
        }
        guard configuration.retention ?? .seconds(1) > .zero else {
            throw StoreError(.invalidConfiguration, "a retention is longer than nothing")
        }
        let lock = try prepareFolder(configuration, fileSystem)
        let index = IdentifierIndex(secret: configuration.salt())
        var replay = Replay(configuration.logDirectory, fileSystem, index: index)
        try replay.run()
        var logs = replay.logs
        var allocatedEnd = replay.allocatedEnd
        if logs.isEmpty {
            logs = [try createFirstLog(configuration, fileSystem)]
            allocatedEnd = LogHeader.bytes
        }
        let store = EventStore(
            configuration, fileSystem, index, logs, allocatedEnd: allocatedEnd, lock: lock)
        let report = RecoveryReport(
            logs: logs.count, events: store.bounds.events, tornTail: replay.tornTail)
        return (store, report)
    }

    private init(
        _ configuration: StoreConfiguration, _ fileSystem: any FileSystem,
        _ index: IdentifierIndex, _ logs: [LogFile], allocatedEnd: Int, lock: any Sendable
    ) {
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.index = index
        let active = logs[logs.count - 1]
        published = Mutex(
            Published(
                logs: logs, head: active.extent.lastSequence,
                newestRecordedAt: active.extent.newestRecordedAt,
                oldest: logs[0].header.firstSequence,
                oldestRecordedAt: logs.lazy.compactMap(\.oldestRecordedAt).first,
                bytes: logs.reduce(0) { $0 + $1.extent.end }))
        writer = Mutex(
            Writer(
                log: LogWriter(
                    configuration, fileSystem, active: active, allocatedEnd: allocatedEnd),
                lock: lock))
    }

    private static func prepareFolder(
        _ configuration: StoreConfiguration, _ fileSystem: any FileSystem
    ) throws(StoreError) -> any Sendable {
        var holder = "\(processNumber())\n"
        let lock = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.createDirectory(configuration.directory)
            return try fileSystem.lock(configuration.lockPath, holder: &holder)
        }
        guard let lock else {
            let process = holder.prefix { !$0.isNewline }
            throw StoreError(
                .locked,
                "the data folder \(configuration.directory) is in use by process \(process)")
        }
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.createDirectory(configuration.logDirectory)
        }
        return lock
    }

    private static func createFirstLog(
        _ configuration: StoreConfiguration, _ fileSystem: any FileSystem
    ) throws(StoreError) -> LogFile {
        let header = LogHeader(
            firstSequence: Sequence(1), recordedAtFloor: Timestamp(nanosecondsSinceEpoch: .min),
            salt: configuration.salt())
        return try StoreError.wrappingFileErrors { () throws(FileError) in
            try LogFile.create(header, in: configuration.logDirectory, fileSystem)
        }
    }

    /// Ends writing and gives the folder free. Reads go on for those who still hold the store.
    package func close() {
        writer.withLock { $0.lock = nil }
    }
}
