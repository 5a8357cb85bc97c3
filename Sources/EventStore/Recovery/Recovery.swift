import AuditModel

/// Finds what is on disk at the start: the parts of the store in order, and what a crash left.
///
/// Of a segment header and footer are read, so that a start does not take longer with every event
/// that was ever sealed; what is in logs is replayed.
struct Recovery {
    let configuration: StoreConfiguration
    let fileSystem: any FileSystem
    private let resources: SegmentResources
    private(set) var replay: Replay
    private(set) var parts: [StorePart] = []
    /// Files that were not finished, to be removed.
    private(set) var unfinished: [String] = []
    /// Logs that another file took the place of, to be removed.
    private(set) var sealedLogs: [String] = []

    /// - Parameter index: gets the ids of what is in logs; nil for who only looks.
    init(
        _ configuration: StoreConfiguration, _ resources: SegmentResources, index: IdentifierIndex?
    ) {
        self.configuration = configuration
        self.resources = resources
        fileSystem = resources.fileSystem
        replay = Replay(configuration.logDirectory, fileSystem, index: index)
    }

    /// Changes nothing. Throws `damaged` for anything that is neither whole nor the rest of the
    /// last write, and for files that are not there.
    mutating func run() throws(StoreError) {
        let segments = try openSegments()
        let logs = try findLogs(besides: segments)
        try checkNewest(segments.last, logs.last)
        var segment = segments.startIndex
        var log = logs.startIndex
        while segment < segments.endIndex || log < logs.endIndex {
            let isLog =
                segment == segments.endIndex
                || log < logs.endIndex && logs[log] < segments[segment].bounds.sequences.first
            if isLog {
                let next = [
                    log + 1 < logs.endIndex ? logs[log + 1] : nil,
                    segment < segments.endIndex ? segments[segment].bounds.sequences.first : nil,
                ].compactMap(\.self).min()
                try append(.log(try replay.replay(logs[log], next: next)))
                log += 1
            } else {
                try append(.sealed(segments[segment]))
                segment += 1
            }
        }
    }

    private mutating func append(_ part: StorePart) throws(StoreError) {
        if let before = parts.last?.log, before.isEmpty,
            Recovery.isLeft(before.header.firstSequence, behind: part.skipped)
        {
            sealedLogs.append(before.path)
            parts.removeLast()
        }
        try Recovery.checkOrder(of: part, behind: parts.last)
        parts.append(part)
    }

    /// In order.
    private mutating func openSegments() throws(StoreError) -> [Segment] {
        let directory = configuration.segmentDirectory
        let names = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.list(directory)
        }
        unfinished += names.filter { $0.hasSuffix(SegmentName.unfinishedSuffix) }
            .map { directory + "/" + $0 }
        var segments: [Segment] = []
        for first in names.compactMap({ SegmentName.firstSequence(of: $0) }).sorted() {
            segments.append(try openSegment(directory + "/" + SegmentName.of(first), named: first))
        }
        return segments
    }

    private func openSegment(
        _ path: String, named first: Sequence
    ) throws(StoreError) -> Segment {
        do throws(StoreError) {
            let segment = try Segment.open(path, resources)
            guard segment.bounds.sequences.first == first else {
                throw StoreError.damaged(
                    "the header of another segment", file: path, offset: 0,
                    sequences: SequenceRange(first: first, last: first))
            }
            return segment
        } catch {
            guard error.code == .damaged else { throw error }
            var refusal = error
            refusal.message += StoreError.refusalAdvice
            // Without a whole header only the name tells where it begins.
            refusal.damage =
                error.damage
                ?? StoreError.Damage(
                    file: path, offset: 0, sequences: SequenceRange(first: first, last: first))
            throw refusal
        }
    }

    /// The first sequences of the logs that no segment stands for, in order. Throws `damaged` for one that
    /// somebody put back beside what a repair wrote in its place: it is not to be removed.
    private mutating func findLogs(besides segments: [Segment]) throws(StoreError) -> [Sequence] {
        let directory = configuration.logDirectory
        let names = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.list(directory)
        }
        unfinished += names.filter { $0.hasSuffix(LogName.unfinishedSuffix) }
            .map { directory + "/" + $0 }
        var logs: [Sequence] = []
        for first in names.compactMap({ LogName.firstSequence(of: $0) }).sorted() {
            let behind = segments.partitionIndex { $0.bounds.sequences.first > first }
            if behind > 0, first <= segments[behind - 1].bounds.sequences.last {
                let putBack = PutBackLog(configuration: configuration, fileSystem: fileSystem)
                if try putBack.hasLost(first, of: segments[behind - 1]) {
                    throw putBack.refusal(first, beside: segments[behind - 1])
                }
                // A crash came between the segment and the end of its log.
                sealedLogs.append(directory + "/" + LogName.of(first))
            } else {
                logs.append(first)
            }
        }
        return logs
    }

    /// The newest log remembers which sequences were given out: without it they would be given again.
    private func checkNewest(_ segment: Segment?, _ log: Sequence?) throws(StoreError) {
        guard let range = segment?.bounds.sequences, log ?? .zero <= range.last else { return }
        let next = range.last.next
        throw StoreError.refusal(
            "the log of the newest events is missing behind \(segment?.path ?? "")",
            configuration.logDirectory + "/" + LogName.of(next), 0,
            SequenceRange(first: next, last: next))
    }

    /// Whether an empty log of that name is one that the first start of a snapshot did not come to remove,
    /// when it had begun the log behind the sequences that were skipped.
    static func isLeft(_ first: Sequence, behind skipped: SequenceRange?) -> Bool {
        skipped.map { $0.first <= first } ?? false
    }

    static func checkOrder(
        of part: StorePart, behind before: StorePart?
    ) throws(StoreError) {
        guard let before else { return }
        let expected = before.lastSequence.next
        let first = part.skipped?.first ?? part.firstSequence
        if first > expected {
            throw StoreError.refusal(
                "events are missing before \(part.path)", before.path, before.bytes,
                SequenceRange(first: expected, last: first.previous))
        }
        if first < expected {
            throw StoreError.refusal(
                "sequences are there twice", part.path, 0,
                SequenceRange(first: first, last: expected.previous))
        }
        if part.recordedAtFloor < before.newestRecordedAt {
            throw StoreError.refusal(
                "recorded_at decreases", part.path, 0, SequenceRange(first: first, last: first))
        }
    }
}

extension StoreError {
    /// Damage that the operator must decide about: starting anyway would lose events that were
    /// answered.
    static func refusal(
        _ what: String, _ path: String, _ offset: Int, _ sequences: SequenceRange
    ) -> StoreError {
        var error = StoreError.damaged(what, file: path, offset: offset, sequences: sequences)
        error.message += refusalAdvice
        return error
    }

    fileprivate static let refusalAdvice = """
        . Nothing was changed. Check the disk, then restore this file from a backup; or save what \
        can be read with `auditrpc store repair`, which says first what would be lost (--dry-run)
        """
}
