import AuditModel

/// Reads every kept frame once at the start: verifies it, fills the index, and finds the end.
struct Replay {
    let fileSystem: any FileSystem
    let directory: String
    private let index: IdentifierIndex
    private(set) var logs: [LogFile] = []
    /// The size of the last log's file.
    var allocatedEnd = 0
    /// The last log's last frame; nil when it has none.
    private(set) var lastFrame: FrameHeader?
    /// Names that an interrupted roll left.
    private(set) var unfinished: [String] = []
    private(set) var tornTail: RecoveryReport.TornTail?

    init(_ directory: String, _ fileSystem: any FileSystem, index: IdentifierIndex) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.index = index
    }

    /// Changes nothing. Throws `damaged` for anything that is neither whole nor the rest of the
    /// last write.
    mutating func run() throws(StoreError) {
        let names = try findLogs()
        for (position, first) in names.enumerated() {
            try replay(first, next: position + 1 < names.count ? names[position + 1] : nil)
        }
    }

    /// The first sequences of the logs in order.
    private mutating func findLogs() throws(StoreError) -> [Sequence] {
        let names = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.list(directory)
        }
        unfinished = names.filter { $0.hasSuffix(LogName.unfinishedSuffix) }
        return names.compactMap { LogName.firstSequence(of: $0) }.sorted()
    }

    /// - Parameter next: the name of the log behind it; nil for the last.
    private mutating func replay(_ first: Sequence, next: Sequence?) throws(StoreError) {
        let path = directory + "/" + LogName.of(first)
        let file = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.open(path, create: false)
        }
        var window = try ReplayWindow(file)
        let header = try header(of: path, &window, named: first, next: next)
        let log = LogFile(path: path, file: file, header: header)
        try checkOrder(of: log)
        lastFrame = nil
        let end = try replayFrames(of: log, &window)
        allocatedEnd = window.fileBytes
        let dataEnd = try window.endOfData(from: end)
        if dataEnd > end {
            try judge(log, &window, end..<dataEnd, next: next)
        }
        logs.append(log)
    }

    private func header(
        of path: String, _ window: inout ReplayWindow, named first: Sequence, next: Sequence?
    ) throws(StoreError) -> LogHeader {
        let lost = SequenceRange(first: first, last: max(first, next?.previous ?? first))
        guard let bytes = try window.bytes(at: 0, count: LogHeader.bytes) else {
            throw refusal("the header is cut off", path, 0, lost)
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
                throw refusal("a header that does not match its checksum", path, 0, lost)
            }
        }
        guard header.firstSequence == first, first > .zero else {
            throw refusal("the header of another log", path, 0, lost)
        }
        return header
    }

    private func checkOrder(of log: LogFile) throws(StoreError) {
        guard let before = logs.last else { return }
        let expected = before.extent.lastSequence.next
        let first = log.header.firstSequence
        if first > expected {
            throw refusal(
                "events are missing before \(log.path)", before.path, before.extent.end,
                SequenceRange(first: expected, last: first.previous))
        }
        if first < expected {
            throw refusal(
                "sequences are there twice", log.path, 0,
                SequenceRange(first: first, last: expected.previous))
        }
        if log.header.recordedAtFloor < before.extent.newestRecordedAt {
            throw refusal(
                "recorded_at decreases", log.path, 0, SequenceRange(first: first, last: first))
        }
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
                header.matchesBody(of: frame, salt: salt)
            else { return extent.end }
            guard header.firstSequence == extent.lastSequence.next,
                header.recordedAt >= extent.newestRecordedAt,
                let entries = FrameBody.entries(of: frame, header: header)
            else {
                throw refusal(
                    "a frame that does not continue the one before", log.path, extent.end,
                    header.sequences)
            }
            index.insert(entries, of: frame, first: header.firstSequence, oldest: .zero)
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
            throw refusal(
                "the file shrinks while it is read", log.path, tail.lowerBound,
                SequenceRange(first: expected, last: expected))
        }
        let verdict = TornTail.judge(
            bytes, at: tail.lowerBound, expected: expected, salt: log.header.salt)
        if verdict == .torn, next == nil, count == tail.count {
            tornTail = RecoveryReport.TornTail(
                file: log.path, offset: tail.lowerBound, bytes: tail.count)
            return
        }
        var behind = next
        if case .damaged(let later?) = verdict { behind = later }
        throw refusal(
            "a damaged frame", log.path, tail.lowerBound,
            SequenceRange(first: expected, last: max(expected, (behind ?? expected).previous)))
    }

    /// Damage that the operator must decide about: starting anyway would lose events that were
    /// answered.
    func refusal(
        _ what: String, _ path: String, _ offset: Int, _ sequences: SequenceRange
    ) -> StoreError {
        var error = StoreError.damaged(what, file: path, offset: offset, sequences: sequences)
        error.message += """
            . Nothing was changed. Check the disk, then restore this file from a backup; \
            or move the whole folder aside to start empty
            """
        return error
    }
}
