import AuditModel
internal import Synchronization

/// The on-disk log of events.
///
/// One thread appends (`makeBatch`, `append`); any thread reads, and neither waits for the other's
/// disk operations: an append becomes visible to readers as a whole when it is on stable storage.
/// Events come back in the batches that they were stored in. Sequences are dense, but for those that a
/// restored store passes over, and never reused; recorded_at never decreases, over restarts too.
package final class EventStore: Sendable {
    let configuration: StoreConfiguration
    let fileSystem: any FileSystem
    /// The ids of events that are not sealed yet.
    let index: IdentifierIndex
    let cache = FrameCache()
    let segmentResources: SegmentResources
    /// Events that a repair could not save.
    package let lost: LostRanges

    /// What readers see. Held for a few instructions, never during a file operation.
    let published: Mutex<Published>
    /// The write end; held during writes and syncs, by the committer and by a sweep that begins the
    /// next log.
    let writer: Mutex<Writer>
    /// Held while files that are not written any more are sealed, rewritten or removed; taken before
    /// `writer`.
    let maintenance = Mutex(Maintenance())
    let isClosing = Atomic<Bool>(false)
    let clock = Mutex(SteadyClock())
    /// Held by the one thread that indexes logs; taken before any other lock.
    let indexing = Mutex(())

    struct Published {
        var parts: StoreParts
        var head: Sequence
        var newestRecordedAt: Timestamp
        var retention: RetentionState
        var writeRefusal: String?
        var totals = StoreTotals()
    }

    struct Writer {
        var log: LogWriter
        /// Nil once closed.
        var lock: (any File)?
    }

    /// Opens the folder, makes it when it is missing, and replays every event that is not sealed.
    ///
    /// Events past the retention are visible until the first `hideExpired` or `expire`: call one
    /// before serving.
    ///
    /// A folder that is a snapshot becomes a store of its own, see `Restoration`.
    ///
    /// Throws `locked` (another process has the folder), `damaged` (names file, byte and what to
    /// do), `unsupportedVersion`, `snapshotRefused`, `invalidConfiguration`, `diskFull` or
    /// `inputOutput`. No file is
    /// changed before all logs and the ends of all segments were read and found whole. What the
    /// process before wrote and may not have made durable is made durable, or the start fails.
    package static func open(
        _ configuration: StoreConfiguration, fileSystem: any FileSystem = PosixFileSystem()
    ) throws(StoreError) -> (store: EventStore, report: RecoveryReport) {
        guard Limits.logBytesRange.contains(configuration.logBytesMax) else {
            throw StoreError(
                .invalidConfiguration,
                "a log of \(configuration.logBytesMax) bytes is not within \(Limits.logBytesRange)")
        }
        if let bytesMax = configuration.bytesMax, bytesMax < configuration.logBytesMax {
            throw StoreError(
                .invalidConfiguration,
                "\(bytesMax) bytes for the whole store are less than the "
                    + "\(configuration.logBytesMax) of one log")
        }
        try configuration.retention.check()
        var configuration = configuration
        configuration.directory = FolderPath.withoutTrailingSlashes(configuration.directory)
        let (lock, marker) = try prepareFolder(configuration, fileSystem)
        let lost = try LostRanges.read(configuration, fileSystem)
        let index = IdentifierIndex(secret: configuration.salt())
        let resources = SegmentResources(fileSystem: fileSystem)
        var recovery = Recovery(configuration, resources, index: index)
        try recovery.run()
        let restoration = try marker.map { marker throws(StoreError) in
            try Restoration(
                marker, of: recovery.parts, in: configuration.directory, at: configuration.openedAt)
        }
        var allocatedEnd = try recovery.settle()
        var parts = recovery.parts
        if let restoration {
            let restorer = Restorer(
                configuration: configuration, fileSystem: fileSystem, restoration: restoration)
            parts = try restorer.run(parts)
            allocatedEnd = LogHeader.bytes
        } else if parts.isEmpty {
            parts = [.log(try createFirstLog(configuration, fileSystem))]
            allocatedEnd = LogHeader.bytes
        }
        let store = EventStore(
            configuration, resources, index, StoreParts(parts), lost.without(parts),
            allocatedEnd: allocatedEnd, lock: lock)
        let segments = store.parts.segmentCount
        let report = RecoveryReport(
            segments: segments, logs: parts.count - segments, events: store.bounds.events,
            tornTail: recovery.replay.tornTail, restoration: restoration)
        return (store, report)
    }

    private init(
        _ configuration: StoreConfiguration, _ resources: SegmentResources,
        _ index: IdentifierIndex, _ parts: StoreParts, _ lost: LostRanges, allocatedEnd: Int,
        lock: any File
    ) {
        self.configuration = configuration
        self.index = index
        self.lost = lost
        segmentResources = resources
        fileSystem = resources.fileSystem
        let active = parts.active
        published = Mutex(
            Published(
                parts: parts, head: active.extent.lastSequence,
                newestRecordedAt: active.extent.newestRecordedAt,
                retention: RetentionState(
                    CompiledRetention(configuration.retention), oldest: parts.firstSequence,
                    recordedAt: parts.oldestRecordedAt)))
        writer = Mutex(
            Writer(
                log: LogWriter(
                    configuration, fileSystem, active: active, allocatedEnd: allocatedEnd),
                lock: lock))
    }

    private static func prepareFolder(
        _ configuration: StoreConfiguration, _ fileSystem: any FileSystem
    ) throws(StoreError) -> (lock: any File, marker: SnapshotMarker?) {
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.makeFolder(configuration.directory)
        }
        let lock = try FolderLock.take(configuration, fileSystem)
        let marker = try SnapshotMarker.read(in: configuration.directory, fileSystem)
        if let marker, marker.content == nil {
            throw SnapshotMarker.unfinished(configuration.directory)
        }
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.makeFolder(configuration.logDirectory)
            try fileSystem.makeFolder(configuration.segmentDirectory)
        }
        return (lock, marker)
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

    /// Runs what writes. A full disk or a refusal is shown to `writeRefusal`, whoever met it. Throws
    /// `closed`.
    func withWriter<Result>(
        _ body: (inout Writer) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try writer.withLock { writer throws(StoreError) in
            guard writer.lock != nil else {
                throw StoreError(.closed, "the store is closed")
            }
            do throws(StoreError) {
                return try body(&writer)
            } catch {
                if error.code == .diskFull || error.code == .refusingWrites {
                    published.withLock { $0.writeRefusal = error.description }
                }
                throw error
            }
        }
    }

    /// Ends writing and gives the folder free; a seal or a sweep under way ends early. Reads go on for
    /// those who still hold the store.
    package func close() {
        endMaintenance()
        maintenance.withLock { $0.isClosed = true }
        writer.withLock { $0.lock = nil }
    }
}
