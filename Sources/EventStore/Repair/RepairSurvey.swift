import AuditModel

/// Reads every byte of a folder and says what can be saved of each file. Changes nothing.
struct RepairSurvey {
    let configuration: StoreConfiguration
    let fileSystem: any FileSystem

    /// In the order of their names. Logs that a whole segment stands for are left out: a start removes
    /// them.
    ///
    /// - Parameter progress: told the bytes that were read, and of how many.
    ///
    /// Throws `inputOutput`, `unsupportedVersion`, and `damaged` for a file under a wrong name.
    func run(_ progress: (Int, Int) -> Void) throws(StoreError) -> [RepairFile] {
        let logs = try names(configuration.logDirectory) { LogName.firstSequence(of: $0) }
        let segments = try names(configuration.segmentDirectory) {
            SegmentName.firstSequence(of: $0)
        }
        let total = bytes(of: logs.map(logPath) + segments.map(segmentPath))
        var done = 0
        var files: [RepairFile] = []
        for first in Set(logs + segments).sorted() {
            if segments.contains(first) {
                let segment = try surveySegment(first)
                done += bytes(of: [segment.path])
                files.append(segment)
            }
            if logs.contains(first) {
                try surveyLog(first, &files)
                done += bytes(of: [logPath(first)])
            }
            progress(done, total)
        }
        return files.enumerated().filter { number, file in
            number + 1 == files.count || !file.isLeft(behind: files[number + 1])
        }.map(\.element)
    }

    private func logPath(_ first: Sequence) -> String {
        configuration.logDirectory + "/" + LogName.of(first)
    }

    private func segmentPath(_ first: Sequence) -> String {
        configuration.segmentDirectory + "/" + SegmentName.of(first)
    }

    /// None of a folder that is not there.
    private func names(
        _ directory: String, _ first: (String) -> Sequence?
    ) throws(StoreError) -> [Sequence] {
        do throws(FileError) {
            return try fileSystem.list(directory).compactMap(first).sorted()
        } catch {
            guard !error.isMissing else { return [] }
            return try StoreError.wrappingFileErrors { () throws(FileError) in throw error }
        }
    }

    private func bytes(of paths: [String]) -> Int {
        paths.reduce(0) { sum, path in
            sum + ((try? fileSystem.open(path, create: false).size()) ?? 0)
        }
    }

    private func surveySegment(_ first: Sequence) throws(StoreError) -> RepairFile {
        let path = segmentPath(first)
        let resources = SegmentResources(
            fileSystem: fileSystem, cacheBytesMax: 0, openFilesMax: 1)
        let report = SegmentVerifier(resources, terms: configuration.terms).verify(path)
        for finding in report.findings where finding.error.code != .damaged {
            throw finding.error
        }
        if report.isWhole, let bounds = report.bounds, bounds.sequences.first == first {
            return RepairFile(whole: bounds, path)
        }
        let found = try SegmentSalvage(path: path, fileSystem: fileSystem, first: first).read {
            _ in
        }
        return RepairFile(found, path, first, report)
    }

    /// A log beside the segment that was made of it is one that its seal did not come to remove: it
    /// stands for the segment when more of it can be read.
    private func surveyLog(
        _ first: Sequence, _ files: inout [RepairFile]
    ) throws(StoreError) {
        let path = logPath(first)
        var isPutBack = false
        if let before = files.last, before.kind == .segment, first <= before.through,
            before.findings.isEmpty || first > before.first
        {
            isPutBack = try isPutBackLog(first, beside: before)
            guard isPutBack else { return }
            guard first == before.first else { throw RepairSurvey.undecided(path, before) }
        }
        let found = try LogSalvage(path: path, fileSystem: fileSystem, first: first).read { _ in }
        var log = RepairFile(found, path, first)
        guard let segment = files.last, segment.first == first else {
            files.append(log)
            return
        }
        if isPutBack {
            guard log.events > segment.events,
                log.through >= segment.through || segment.events == 0
            else { throw RepairSurvey.undecided(path, segment) }
            log.findings.append("\(path): has events that a repair could not save before")
            log.replaces = [segment.path]
            files[files.count - 1] = log
        } else if log.events >= segment.events, log.through >= segment.through {
            log.findings = segment.findings
            log.replaces = [segment.path]
            files[files.count - 1] = log
        } else {
            files[files.count - 1].replaces = [path]
        }
    }
}

extension RepairSurvey {
    private func isPutBackLog(
        _ first: Sequence, beside file: RepairFile
    ) throws(StoreError) -> Bool {
        let resources = SegmentResources(fileSystem: fileSystem, cacheBytesMax: 0, openFilesMax: 1)
        guard let segment = try? Segment.open(file.path, resources) else { return false }
        return try PutBackLog(configuration: configuration, fileSystem: fileSystem)
            .hasLost(first, of: segment)
    }

    /// Each has what the other has not, or the log lies in the midst of what the segment stands for.
    private static func undecided(_ log: String, _ segment: RepairFile) -> StoreError {
        StoreError(
            .damaged,
            "\(log) has events that a repair could not save, and \(segment.path), with "
                + "\(segment.events) events, stands in their place and for others. Nothing was "
                + "changed. Move the one of which you need less out of the folder, and repair again",
            damage: StoreError.Damage(
                file: log, offset: 0,
                sequences: SequenceRange(first: segment.first, last: segment.through)))
    }
}

extension RepairFile {
    /// Whether it is the empty log of a snapshot whose restored store went on further on: a start
    /// removes it.
    fileprivate func isLeft(behind next: RepairFile) -> Bool {
        kind == .log && through < first && atMost == nil
            && Recovery.isLeft(first, behind: next.skipped)
    }
}
