import AuditModel

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

    /// Calls `report` with each file in the order of the sequences, then with `LOST` and `SNAPSHOT` where
    /// they are. A file that a server seals or removes meanwhile is looked at once or not at all.
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
        var parts: [StorePart] = []
        for first in Set(logs + segments).sorted() {
            // The rest of a log that its segment stands for.
            if let before, first <= before.lastSequence, !segments.contains(first) {
                try lookAtPutBack(first, beside: before).map(report)
                continue
            }
            guard let file = look(at: first, next: logs.first { $0 > first }, depth) else {
                continue
            }
            var found = file.report
            if let part = file.part {
                if let log = before?.log, log.isEmpty,
                    Recovery.isLeft(log.header.firstSequence, behind: part.skipped)
                {
                    before = earlier
                    parts.removeLast()
                }
                do throws(StoreError) {
                    try Recovery.checkOrder(of: part, behind: before)
                } catch {
                    found.findings.insert(error, at: 0)
                }
                parts.append(part)
            }
            (earlier, before) = (before, file.part)
            try report(found)
            if let part = file.part, part.segment != nil, logs.contains(first) {
                try lookAtPutBack(first, beside: part).map(report)
            }
        }
        try lookAtLost().map(report)
        // Last, so that no start can have gone on from the files that were found.
        try lookAtSnapshot(parts).map(report)
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
            return Looked(report: StoreFileReport(.segment, path, error), part: nil)
        }
    }

    /// A log that a start would refuse to remove, for the segment beside it has not all of its events.
    private func lookAtPutBack(_ first: Sequence, beside part: StorePart) -> StoreFileReport? {
        guard let segment = part.segment else { return nil }
        let putBack = PutBackLog(configuration: configuration, fileSystem: fileSystem)
        let path = configuration.logDirectory + "/" + LogName.of(first)
        do throws(StoreError) {
            guard try putBack.hasLost(first, of: segment) else { return nil }
            return StoreFileReport(.log, path, putBack.refusal(first, beside: segment))
        } catch {
            return error.cause?.isMissing ?? false ? nil : StoreFileReport(.log, path, error)
        }
    }

    private func lookAtLost() -> StoreFileReport? {
        look(at: configuration.lostPath, as: .lost) { () throws(StoreError) in
            try LostRanges.read(configuration, fileSystem)
        } describe: { report, lost in
            report.lostRanges = lost.ranges
        }
    }

    /// Also whether the files are those that it was made of.
    ///
    /// - Parameter parts: those that can be opened, in order.
    private func lookAtSnapshot(_ parts: [StorePart]) -> StoreFileReport? {
        look(at: configuration.snapshotMarkerPath, as: .snapshot) { () throws(StoreError) in
            let marker = try SnapshotMarker.read(in: configuration.directory, fileSystem)
            guard let marker else { return nil as SnapshotMarker? }
            _ = try Restoration(
                marker, of: parts, in: configuration.directory, at: configuration.openedAt)
            return marker
        } describe: { report, marker in
            report.snapshot = marker
        }
    }

    /// Nil when the file is not there.
    private func look<Content>(
        at path: String, as kind: StoreFileReport.Kind,
        _ read: () throws(StoreError) -> Content,
        describe: (inout StoreFileReport, Content) -> Void
    ) -> StoreFileReport? {
        var report = StoreFileReport(kind, path)
        do throws(StoreError) {
            report.bytes = try StoreError.wrappingFileErrors { () throws(FileError) in
                try fileSystem.open(path, create: false).size()
            }
            describe(&report, try read())
        } catch {
            if error.cause?.isMissing ?? false { return nil }
            report.findings = [error]
        }
        return report
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
                    return Looked(report: StoreFileReport(.log, path, error), part: nil)
                }
                last = error
            }
        }
    }
}
