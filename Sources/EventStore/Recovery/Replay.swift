import AuditModel

/// Reads every frame of the logs once at the start: verifies it, fills the index, and finds the end.
struct Replay {
    let fileSystem: any FileSystem
    let directory: String
    private let index: IdentifierIndex?
    /// The size of the last log's file.
    private(set) var fileBytes = 0
    /// The last log's last frame; nil when it has none.
    private(set) var lastFrame: FrameHeader?
    private(set) var tornTail: RecoveryReport.TornTail?

    init(_ directory: String, _ fileSystem: any FileSystem, index: IdentifierIndex?) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.index = index
    }

    /// Changes nothing. Throws `damaged` for anything that is neither whole nor the rest of the
    /// last write.
    ///
    /// - Parameters:
    ///   - first: names the log.
    ///   - next: where the part behind it begins; nil for the last.
    mutating func replay(
        _ first: Sequence, next: Sequence?
    ) throws(StoreError) -> LogFile {
        let path = directory + "/" + LogName.of(first)
        let file = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.open(path, create: false)
        }
        var window = try ReplayWindow(file)
        let header = try header(of: path, &window, named: first, next: next)
        let log = LogFile(path: path, file: file, header: header)
        lastFrame = nil
        let end = try replayFrames(of: log, &window)
        fileBytes = window.fileBytes
        let dataEnd = try window.endOfData(from: end)
        if dataEnd > end {
            try judge(log, &window, end..<dataEnd, next: next)
        }
        return log
    }

    private static let unreadable = "bytes that the disk does not read"

    private func header(
        of path: String, _ window: inout ReplayWindow, named first: Sequence, next: Sequence?
    ) throws(StoreError) -> LogHeader {
        let lost = SequenceRange(first: first, last: max(first, next?.previous ?? first))
        guard let bytes = try window.bytes(at: 0, count: LogHeader.bytes) else {
            throw StoreError.refusal("the header is cut off", path, 0, lost)
        }
        let header: LogHeader
        do {
            header = try LogHeader(bytes)
        } catch {
            switch error {
            case .version(let version):
                throw StoreError(
                    .unsupportedVersion,
                    "\(path) is of version \(version), and this program reads version "
                        + "\(LogHeader.version): start the program that wrote it")
            case .notWhole:
                let isRead = window.firstUnreadable(at: 0, count: LogHeader.bytes) == nil
                throw StoreError.refusal(
                    isRead
                        ? "a header that does not match its checksum" : Self.unreadable, path, 0,
                    lost)
            }
        }
        guard header.firstSequence == first, first > .zero else {
            throw StoreError.refusal("the header of another log", path, 0, lost)
        }
        return header
    }

    /// Takes all whole frames; where they end.
    private mutating func replayFrames(of log: LogFile, _ window: inout ReplayWindow)
        throws(StoreError)
        -> Int
    {
        let salt = log.header.salt
        while true {
            let extent = log.extent
            guard let start = try window.bytes(at: extent.end, count: FrameHeader.bytes),
                let header = FrameHeader(start, salt: salt),
                let frame = try window.bytes(at: extent.end, count: header.length),
                header.matchesBody(of: frame, salt: salt),
                // Zeros may be what was there: reads would fail all the same.
                window.firstUnreadable(at: extent.end, count: header.length) == nil
            else { return extent.end }
            guard header.firstSequence == extent.lastSequence.next,
                header.recordedAt >= extent.newestRecordedAt,
                let entries = FrameBody.entries(of: frame, header: header)
            else {
                throw StoreError.refusal(
                    "a frame that does not continue the one before", log.path, extent.end,
                    header.sequences)
            }
            index?.insert(entries, of: frame, first: header.firstSequence, oldest: .zero)
            log.publish(header)
            lastFrame = header
        }
    }

    /// Decides what the bytes behind the last whole frame are.
    private mutating func judge(
        _ log: LogFile, _ window: inout ReplayWindow, _ tail: Range<Int>, next: Sequence?
    ) throws(StoreError) {
        let expected = log.extent.lastSequence.next
        // A torn write is at most a frame.
        let count = min(tail.count, Limits.frameBytesMax)
        guard let bytes = try window.bytes(at: tail.lowerBound, count: count) else {
            throw StoreError.refusal(
                "the file shrinks while it is read", log.path, tail.lowerBound,
                SequenceRange(first: expected, last: expected))
        }
        let unreadable = window.firstUnreadable(at: tail.lowerBound, count: count)
        let verdict = TornTail.judge(
            bytes, at: tail.lowerBound, expected: expected, salt: log.header.salt,
            isReadable: unreadable == nil)
        if verdict == .torn, next == nil, count == tail.count {
            tornTail = RecoveryReport.TornTail(
                file: log.path, offset: tail.lowerBound, bytes: tail.count)
            return
        }
        var behind = next
        if case .damaged(let later?) = verdict { behind = later }
        throw StoreError.refusal(
            unreadable == nil ? "a damaged frame" : Self.unreadable, log.path,
            unreadable ?? tail.lowerBound,
            SequenceRange(first: expected, last: max(expected, (behind ?? expected).previous)))
    }
}
