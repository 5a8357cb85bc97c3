package import AuditModel

/// Looks at the files of a store without its lock, and changes nothing: also while a server uses it.
package struct StoreVerifier {
    private let configuration: StoreConfiguration
    private let fileSystem: any FileSystem
    private let resources: SegmentResources

    /// - Parameters:
    ///   - terms: see `SegmentVerifier`.
    package init(
        directory: String, terms: TermExtractor,
        fileSystem: any FileSystem = PosixFileSystem()
    ) {
        configuration = StoreConfiguration(
            directory: FolderPath.withoutTrailingSlashes(directory), terms: terms)
        self.fileSystem = fileSystem
        resources = SegmentResources(fileSystem: fileSystem, cacheBytesMax: 0, openFilesMax: 1)
    }

    /// How much of the segments is read. Logs are always read as a whole.
    package enum Depth: Sendable {
        /// Header and footer.
        case ends
        /// Every byte, and every index is compared with the events.
        case everything
    }

    /// Calls `report` with each file in the order of the sequences. A file that a server seals or removes
    /// meanwhile is looked at once or not at all.
    ///
    /// Throws `inputOutput` when the folders cannot be listed.
    package func run(
        _ depth: Depth, _ report: (StoreFileReport) throws -> Void
    ) throws {
        // Logs first: one that is sealed in between is then among both, and not among neither.
        let logs = try names(configuration.logDirectory) { LogName.firstSequence(of: $0) }
        let segments = try names(configuration.segmentDirectory) {
            SegmentName.firstSequence(of: $0)
        }
        var before: StorePart?
        var earlier: StorePart?
        for first in Set(logs + segments).sorted() {
            // The rest of a log that its segment stands for.
            if let before, first <= before.lastSequence, !segments.contains(first) { continue }
            guard let file = look(at: first, next: logs.first { $0 > first }, depth) else {
                continue
            }
            var found = file.report
            if let part = file.part {
                if let log = before?.log, log.isEmpty,
                    Recovery.isLeft(log.header.firstSequence, behind: part.skipped)
                {
                    before = earlier
                }
                do throws(StoreError) {
                    try Recovery.checkOrder(of: part, behind: before)
                } catch {
                    found.findings.insert(error, at: 0)
                }
            }
            (earlier, before) = (before, file.part)
            try report(found)
        }
    }

    private func names(
        _ directory: String, _ first: (String) -> Sequence?
    ) throws(StoreError) -> [Sequence] {
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.list(directory)
        }.compactMap(first).sorted()
    }

    private struct Looked {
        var report: StoreFileReport
        /// Nil when it cannot be opened.
        var part: StorePart?
    }

    /// Nil when the file is not there any more.
    private func look(at first: Sequence, next: Sequence?, _ depth: Depth) -> Looked? {
        let path = configuration.segmentDirectory + "/" + SegmentName.of(first)
        if let segment = lookAtSegment(path, depth) { return segment }
        return lookAtLog(first, next: next)
    }

    private func lookAtSegment(_ path: String, _ depth: Depth) -> Looked? {
        do throws(StoreError) {
            let part = StorePart.sealed(try Segment.open(path, resources))
            var report = StoreFileReport(part)
            if depth == .everything {
                let verified = SegmentVerifier(resources, terms: configuration.terms).verify(path)
                report.findings = verified.findings.map(\.error)
            }
            return Looked(report: report, part: part)
        } catch {
            if error.cause?.isMissing ?? false { return nil }
            return Looked(report: StoreFileReport(path, error), part: nil)
        }
    }

    /// A server may be writing at its end, cut its zeros, or seal it: what differs from one reading to
    /// the next is no damage.
    private func lookAtLog(_ first: Sequence, next: Sequence?) -> Looked? {
        let path = configuration.logDirectory + "/" + LogName.of(first)
        var last: StoreError?
        while true {
            do throws(StoreError) {
                var replay = Replay(configuration.logDirectory, fileSystem, index: nil)
                let part = StorePart.log(try replay.replay(first, next: next))
                return Looked(report: StoreFileReport(part), part: part)
            } catch {
                if error.cause?.isMissing ?? false { return nil }
                if last?.damage?.offset == error.damage?.offset, last?.code == error.code {
                    return Looked(report: StoreFileReport(path, error), part: nil)
                }
                last = error
            }
        }
    }
}

/// What was found of one file.
package struct StoreFileReport: Sendable {
    package var path: String
    package var isSealed: Bool
    /// Nil of an empty log, and of a file that cannot be opened.
    package var sequences: SequenceRange?
    /// Those that are there.
    package var events = 0
    package var bytes = 0
    package var recordedAt: ClosedRange<Timestamp>?
    /// The sequences right before it that were passed over when the store was restored.
    package var skipped: SequenceRange?
    /// What is wrong with it, and with its place between the others.
    package var findings: [StoreError] = []

    init(_ part: StorePart) {
        path = part.path
        isSealed = part.segment != nil
        if part.lastSequence >= part.firstSequence {
            sequences = SequenceRange(first: part.firstSequence, last: part.lastSequence)
        }
        events = part.events
        bytes = part.bytes
        recordedAt = part.oldestRecordedAt.map { $0...part.newestRecordedAt }
        skipped = part.skipped
    }

    init(_ path: String, _ error: StoreError) {
        self.path = path
        isSealed = path.hasSuffix(SegmentName.suffix)
        findings = [error]
    }
}
