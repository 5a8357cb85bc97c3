package import AuditModel

/// Makes a damaged folder one that a start takes, with every event that can still be read. For a folder
/// that no server uses.
///
/// Nothing is deleted: a file that is replaced gets a second name in `damaged-LABEL/` first, which needs
/// no room, beside a text that says what was found. Events that cannot be saved are named in the file
/// `LOST`, so that reads say of them that they are gone. Killed at any step, it is begun anew.
package struct StoreRepair {
    private let configuration: StoreConfiguration
    private let fileSystem: any FileSystem

    /// - Parameters:
    ///   - terms: those by which a start would index events.
    ///   - salt: as in `StoreConfiguration`.
    package init(
        directory: String, terms: TermExtractor,
        salt: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) },
        fileSystem: any FileSystem = PosixFileSystem()
    ) {
        configuration = StoreConfiguration(
            directory: FolderPath.withoutTrailingSlashes(directory), terms: terms, salt: salt)
        self.fileSystem = fileSystem
    }

    package struct Progress: Hashable, Sendable {
        package enum Phase: Hashable, Sendable {
            case reading
            case writing
        }

        package var phase: Phase
        /// Bytes when reading, files when writing.
        package var done: Int
        package var total: Int
    }

    /// What a repair found and did, or would do.
    package struct Report: Hashable, Sendable {
        /// What is wrong, in sentences; empty when nothing is.
        package var findings: [String]
        /// What is done about it, in sentences.
        package var actions: [String]
        /// Events that are gone; at the end of the newest log some may never have been.
        package var lost: [SequenceRange]
        /// Those that can be read.
        package var events: Int
        /// Where the damaged files are; nil when nothing was changed.
        package var folder: String?

        package var lostEvents: UInt64 {
            lost.reduce(0) { $0 + ($1.last.rawValue - $1.first.rawValue + 1) }
        }
    }

    /// Looks, and repairs unless `isDryRun`.
    ///
    /// - Parameters:
    ///   - label: of the time, for the name of the folder of damaged files.
    ///   - now: of the wall clock; counts only when no file has a time.
    ///
    /// Throws `locked`, `unsupportedVersion`, or `damaged` with advice when there is no sound way: then
    /// nothing was changed. Throws `diskFull`, `inputOutput`, or `damaged` when a file reads differently
    /// than before, also on the way: the message then names the folder of damaged files, and another run
    /// comes to the end.
    package func run(
        isDryRun: Bool, label: String, now: Timestamp, _ progress: (Progress) -> Void = { _ in }
    ) throws(StoreError) -> Report {
        try requireStore()
        let lock = try FolderLock.take(configuration, fileSystem)
        defer { withExtendedLifetime(lock) {} }
        let files = try RepairSurvey(configuration: configuration, fileSystem: fileSystem).run {
            progress(Progress(phase: .reading, done: $0, total: $1))
        }
        let marker = try readMarker()
        var plan = try RepairPlan(files, snapshot: marker?.content, now: now)
        let isMarkerLeft = check(marker, files, &plan)
        let known = try left(of: readLost(&plan), &plan)
        var report = Report(
            findings: plan.findings, actions: plan.sentences, lost: LostRanges(plan.lost).ranges,
            events: files.reduce(0) { $0 + $1.events })
        guard !isDryRun, !plan.findings.isEmpty else { return report }
        let lost = known.union(LostRanges(plan.lost)).from(plan.first)
        guard lost.ranges.count <= Limits.lostRangesMax else {
            throw StoreError(.damaged, "events were lost in too many places; restore a backup")
        }
        let folder = try setAside(plan, label)
        report.folder = folder
        do throws(StoreError) {
            try write(report.text, to: folder + "/REPORT")
            try write(lost.text, to: configuration.lostPath)
            for (number, step) in plan.steps.enumerated() {
                progress(Progress(phase: .writing, done: number, total: plan.steps.count))
                try perform(step)
            }
            progress(Progress(phase: .writing, done: plan.steps.count, total: plan.steps.count))
            let parts = try expectWhole()
            let left = lost.without(parts)
            if left != lost { try write(left.text, to: configuration.lostPath) }
            if var marker, !isMarkerLeft {
                marker.describe(parts)
                try write(marker.text, to: configuration.snapshotMarkerPath)
            }
        } catch {
            throw StoreRepair.interrupted(error, folder)
        }
        return report
    }

    /// Not all is done, and what was done stays: the next repair goes on from there.
    private static func interrupted(_ error: StoreError, _ folder: String) -> StoreError {
        var error = error
        error.message +=
            ". The repair is not finished; the damaged files are in \(folder). Run it again "
            + (error.code == .diskFull ? "once there is room" : "once that is mended")
        return error
    }

    // MARK: Snapshots

    /// Of a folder that no server was started on since it was a snapshot. Throws `snapshotRefused` for
    /// one that is unfinished or damaged: what it should hold is not known.
    private func readMarker() throws(StoreError) -> SnapshotMarker? {
        guard let marker = try SnapshotMarker.read(in: configuration.directory, fileSystem) else {
            return nil
        }
        guard marker.content != nil else {
            throw SnapshotMarker.unfinished(configuration.directory)
        }
        return marker
    }

    /// Whether a start would take the marker as it is; if not, plans to write it anew. That comes last:
    /// a repair that was killed before finds nothing else wrong.
    private func check(
        _ marker: SnapshotMarker?, _ files: [RepairFile], _ plan: inout RepairPlan
    ) -> Bool {
        guard let content = marker?.content, let last = files.last else { return true }
        if last.isBegun(of: content) { return true }
        let events = files.reduce(0) { $0 + $1.events }
        let head = max(content.head, last.atMost ?? last.through, last.through)
        if events == content.events, head == content.head, plan.first == content.first {
            return true
        }
        let path = configuration.snapshotMarkerPath
        plan.findings.append(
            "\(path): the snapshot had \(content.events) events from \(content.first) through "
                + "\(content.head), and \(events) from \(files[0].first) on can be read")
        plan.setAside.append(path)
        plan.relisted.append(path)
        return false
    }

    /// What a lock would make must be there.
    private func requireStore() throws(StoreError) {
        let names = try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.list(configuration.directory)
        }
        guard names.contains("log") || names.contains("segments") else {
            throw StoreError(
                .invalidConfiguration,
                "\(configuration.directory) is not the data folder of a server: "
                    + "it has neither logs nor segments")
        }
    }

    /// What repairs before this one could not save. A list that cannot be read is begun anew.
    private func readLost(_ plan: inout RepairPlan) throws(StoreError) -> LostRanges {
        do throws(StoreError) {
            return try LostRanges.read(configuration, fileSystem)
        } catch {
            guard error.code == .damaged else { throw error }
            plan.findings.append(
                "\(configuration.lostPath): has changed, so that the events which repairs before "
                    + "this one could not save are not known any more")
            plan.setAside.append(configuration.lostPath)
            plan.relisted.append(configuration.lostPath)
            return LostRanges()
        }
    }

    /// What of that is still not there. Where something else is wrong, that is seen once it is repaired.
    private func left(
        of known: LostRanges, _ plan: inout RepairPlan
    ) throws(StoreError) -> LostRanges {
        guard !known.isEmpty, plan.findings.isEmpty else { return known }
        let left = known.without(try expectWhole())
        guard left != known else { return known }
        let path = configuration.lostPath
        plan.findings.append("\(path): names events that are there, or were never given out")
        plan.setAside.append(path)
        plan.relisted.append(path)
        return left
    }

    // MARK: Steps

    /// Gives the damaged files their second names, durably. Gives the folder.
    private func setAside(_ plan: RepairPlan, _ label: String) throws(StoreError) -> String {
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.makeFolder(configuration.logDirectory)
            try fileSystem.makeFolder(configuration.segmentDirectory)
            let folder = try makeDamagedFolder(label)
            for path in plan.setAside {
                try fileSystem.keep(path, as: folder + "/" + FolderPath.name(of: path))
            }
            try fileSystem.synchronizeDirectory(folder)
            try fileSystem.synchronizeDirectory(configuration.directory)
            return folder
        }
    }

    private func makeDamagedFolder(_ label: String) throws(FileError) -> String {
        let folder = configuration.directory + "/damaged-" + label
        if try fileSystem.createDirectory(folder) { return folder }
        for number in 2...Limits.damagedFoldersMax {
            if try fileSystem.createDirectory(folder + "-\(number)") {
                return folder + "-\(number)"
            }
        }
        throw FileError(operation: "create", path: folder, number: FileError.exists)
    }

    private func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
        try StoreError.wrappingFileErrors { () throws(FileError) in
            try fileSystem.replace(path, with: bytes)
        }
    }

    private func perform(_ step: RepairPlan.Step) throws(StoreError) {
        switch step {
        case .beginLog(let first, let floor, let skipped):
            let header = LogHeader(
                firstSequence: first, recordedAtFloor: floor, salt: configuration.salt(),
                skipped: skipped)
            _ = try StoreError.wrappingFileErrors { () throws(FileError) in
                try LogFile.create(header, in: configuration.logDirectory, fileSystem)
            }
        case .write(let write):
            try self.write(write)
        case .remove(let path):
            try StoreError.wrappingFileErrors { () throws(FileError) in
                try fileSystem.remove(path)
                try fileSystem.synchronizeDirectory(FolderPath.parent(of: path))
            }
        }
    }

    private func write(_ write: RepairPlan.Write) throws(StoreError) {
        let resources = SegmentResources(
            fileSystem: fileSystem, cacheBytesMax: 0, openFilesMax: 1)
        var writer = try SegmentWriter(
            write.sequences, recordedAt: write.recordedAt,
            removals: write.source.flatMap { removals(of: $0, resources) } ?? [],
            in: configuration.segmentDirectory, resources, salt: configuration.salt(),
            skipped: write.skipped, terms: configuration.terms)
        if let source = write.source {
            switch source.kind {
            case .log:
                _ = try LogSalvage(
                    path: source.path, fileSystem: fileSystem, first: source.first
                ).read { batch throws(StoreError) in try writer.append(batch) }
            case .segment:
                _ = try SegmentSalvage(
                    path: source.path, fileSystem: fileSystem, first: source.first
                ).read { event throws(StoreError) in try writer.append(event) }
            }
            guard writer.count == source.events else {
                throw StoreError(
                    .inputOutput,
                    "\(source.path) reads differently from one time to the next: "
                        + "check the disk, then repair again")
            }
        }
        _ = try writer.finish()
    }

    /// What retention took out of a segment before, if that can still be read.
    private func removals(
        of source: RepairFile, _ resources: SegmentResources
    ) -> [OrganizationList.Removal]? {
        guard source.kind == .segment else { return nil }
        return try? Segment.open(source.path, resources).removals()
    }

    /// What a start would say now, and find.
    private func expectWhole() throws(StoreError) -> [StorePart] {
        let resources = SegmentResources(fileSystem: fileSystem, cacheBytesMax: 0, openFilesMax: 1)
        var recovery = Recovery(configuration, resources, index: nil)
        try recovery.run()
        return recovery.parts
    }
}

extension RepairPlan {
    /// What is done, for a person.
    fileprivate var sentences: [String] {
        steps.map { step in
            switch step {
            case .beginLog(let first, _, _): "begin the log \(LogName.of(first))"
            case .write(let write):
                write.source.map { source in
                    "write \(SegmentName.of(write.sequences.first)) anew, with the "
                        + "\(source.events) events of \(source.name) that can be read"
                }
                    ?? "write \(SegmentName.of(write.sequences.first)), without events, for "
                    + "\(write.sequences)"
            case .remove(let path): "remove \(path), which that stands for"
            }
        } + relisted.map { "write \($0) anew" }
    }
}

extension StoreRepair.Report {
    /// For the folder of damaged files.
    fileprivate var text: [UInt8] {
        var text = "What was found:\n"
        for finding in findings { text += "  \(finding)\n" }
        text += "\nWhat is done about it, once these files had a second name here:\n"
        for action in actions { text += "  \(action)\n" }
        text += "\nEvents that are lost:\n"
        for range in lost { text += "  \(range.first) to \(range.last)\n" }
        if lost.isEmpty { text += "  none\n" }
        return Array(text.utf8)
    }
}
