import AuditModel

/// The folder that a snapshot is made in. From its first moment to its last it holds a marker that says
/// that it is not finished; a snapshot that fails removes what it made, the marker last.
struct SnapshotFolder {
    let directory: String
    private let fileSystem: any FileSystem
    private let createdAt: Timestamp
    /// Asked between pieces of a file; throws to end the snapshot.
    private let check: () throws(StoreError) -> Void
    /// In the order in which they were made.
    private var made: [Made] = []
    private(set) var linkedFiles = 0
    private(set) var copiedFiles = 0

    private enum Made {
        case folder(String)
        case file(String)
    }

    init(
        _ directory: String, _ fileSystem: any FileSystem, createdAt: Timestamp,
        check: @escaping () throws(StoreError) -> Void
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.createdAt = createdAt
        self.check = check
    }

    private var configuration: StoreConfiguration {
        StoreConfiguration(
            directory: directory, terms: TermExtractor(version: 1) { _, _ in })
    }

    /// Makes the folder, or takes an empty one, and marks it as unfinished, durably.
    ///
    /// Throws `snapshotRefused` when it is neither, or the folder it is to be in is not there; `diskFull`
    /// or `inputOutput`.
    mutating func begin() throws(StoreError) {
        let isNew: Bool
        do throws(FileError) {
            isNew = try fileSystem.createDirectory(directory)
        } catch {
            guard error.isMissing else { throw SnapshotFolder.failure(error) }
            throw refusal("the folder it is to be in does not exist")
        }
        if isNew { made.append(.folder(directory)) } else { try requireEmpty() }
        try doing { fileSystem throws(FileError) in
            try fileSystem.synchronizeDirectory(FolderPath.parent(of: directory))
        }
        made.append(.file(configuration.snapshotMarkerPath))
        try mark(SnapshotMarker(createdAt: createdAt))
        for folder in [configuration.logDirectory, configuration.segmentDirectory] {
            made.append(.folder(folder))
            try doing { fileSystem throws(FileError) in
                _ = try fileSystem.createDirectory(folder)
            }
        }
    }

    private func requireEmpty() throws(StoreError) {
        let names = try doing { fileSystem throws(FileError) in try fileSystem.list(directory) }
        guard !names.isEmpty else { return }
        let own = [SnapshotMarker.name, SnapshotMarker.unfinishedName]
        guard names.contains(where: own.contains) else {
            throw refusal("it is not empty; name a folder that does not exist")
        }
        let marker = try? SnapshotMarker.read(in: directory, fileSystem)
        throw refusal(
            marker?.content == nil
                ? "it holds a snapshot that was not finished; remove it first"
                : "it holds a snapshot already; name another folder")
    }

    private func refusal(_ why: String) -> StoreError {
        StoreError(.snapshotRefused, "no snapshot can be made in \(directory): \(why)")
    }

    private func mark(_ marker: SnapshotMarker) throws(StoreError) {
        try doing { fileSystem throws(FileError) in
            try fileSystem.replace(configuration.snapshotMarkerPath, with: marker.text)
        }
    }

    // MARK: Files

    /// Gives a file of the store, which nothing writes to any more, a second name here. False where that
    /// cannot be: it is to be copied.
    mutating func link(_ part: StorePart) throws(StoreError) -> Bool {
        let path = place(of: part)
        made.append(.file(path))
        do throws(FileError) {
            try fileSystem.link(part.path, to: path)
        } catch {
            guard error.isUnlinkable else { throw SnapshotFolder.failure(error) }
            return false
        }
        linkedFiles += 1
        return true
    }

    /// Copies the first `bytes` of a part's file and makes them durable.
    mutating func copy(
        _ file: any File, of part: StorePart, bytes: Int
    ) throws(StoreError) {
        let path = place(of: part)
        try requireRoom(bytes)
        made.append(.file(path))
        let copy = try doing { fileSystem throws(FileError) in
            try fileSystem.open(path, create: true)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(bytes, Limits.snapshotCopyBytes)), alignment: 16)
        defer { buffer.deallocate() }
        var offset = 0
        while offset < bytes {
            try check()
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<min(buffer.count, bytes - offset)])
            let count = try doing { _ throws(FileError) in
                let count = try file.readWhole(into: piece, at: offset)
                var done = 0
                try copy.writeWhole(
                    UnsafeRawBufferPointer(rebasing: piece[..<count]), at: offset, done: &done)
                return count
            }
            guard count == piece.count else {
                throw StoreError.damaged(
                    "a file that is cut off", file: part.path, offset: offset + count,
                    sequences: SequenceRange(
                        first: part.firstSequence, last: max(part.firstSequence, part.lastSequence))
                )
            }
            offset += count
        }
        try doing { _ throws(FileError) in try copy.synchronize() }
        copiedFiles += 1
    }

    private func place(of part: StorePart) -> String {
        part.segment == nil
            ? configuration.logDirectory + "/" + LogName.of(part.firstSequence)
            : configuration.segmentDirectory + "/" + SegmentName.of(part.firstSequence)
    }

    /// The store may be on the same disk and goes on: the last of its room is not taken.
    private func requireRoom(_ bytes: Int) throws(StoreError) {
        let free = try doing { fileSystem throws(FileError) in
            try fileSystem.freeBytes(directory)
        }
        guard free >= bytes + Limits.roomBytes else {
            throw StoreError(
                .diskFull,
                "no room in \(directory): \(free) bytes are free, and \(bytes) more "
                    + "are to be copied")
        }
    }

    /// Copies what the service keeps, and the list of what a repair could not save; nothing where there is none.
    mutating func copyLists(of store: StoreConfiguration) throws(StoreError) {
        for (source, path) in zip(store.companionPaths, configuration.companionPaths) {
            try copy(source, as: path, Limits.companionBytesMax)
        }
        try copy(store.lostPath, as: configuration.lostPath, Limits.lostFileBytesMax)
    }

    private mutating func copy(
        _ source: String, as path: String, _ bytesMax: Int
    ) throws(StoreError) {
        let bytes = try doing { fileSystem throws(FileError) in
            try fileSystem.contents(source, bytesMax: bytesMax)
        }
        guard let bytes else { return }
        try requireRoom(bytes.count)
        made += [.file(path + ".new"), .file(path)]
        try doing { fileSystem throws(FileError) in
            try fileSystem.replace(path, with: bytes)
        }
        copiedFiles += 1
    }

    // MARK: The end

    /// Finds the files as a start would, which reads every frame of the logs and the ends of the segments,
    /// and only then says that the snapshot is finished.
    ///
    /// Throws `damaged` when a start would be refused, and what `begin` throws.
    mutating func finish(through head: Sequence) throws(StoreError) -> SnapshotMarker.Content {
        try doing { fileSystem throws(FileError) in
            for folder in [configuration.segmentDirectory, configuration.logDirectory, directory] {
                try fileSystem.synchronizeDirectory(folder)
            }
        }
        let resources = SegmentResources(
            fileSystem: fileSystem, cacheBytesMax: 0, openFilesMax: 1)
        var recovery = Recovery(configuration, resources, index: nil)
        do throws(StoreError) {
            try recovery.run()
        } catch {
            guard error.code == .damaged else { throw error }
            var refusal = error
            refusal.message =
                "no snapshot was made, since none could be started from it: \(error.message)"
            throw refusal
        }
        let parts = recovery.parts
        guard let first = parts.first, parts.last?.lastSequence == head,
            recovery.replay.tornTail == nil
        else {
            throw StoreError(
                .damaged, "no snapshot was made: its files do not end at sequence \(head)")
        }
        let content = SnapshotMarker.Content(
            first: first.firstSequence, head: head, events: parts.reduce(0) { $0 + $1.events },
            files: parts.count, bytes: parts.reduce(0) { $0 + $1.bytes })
        try check()
        try mark(SnapshotMarker(createdAt: createdAt, content: content))
        made = []
        return content
    }

    /// Removes what was made, as far as that goes. What cannot be removed stays marked as unfinished.
    func discard() throws(StoreError) {
        let files = made.compactMap { if case .file(let path) = $0 { path } else { nil } }
        let folders = made.compactMap { if case .folder(let path) = $0 { path } else { nil } }
        let marker = configuration.snapshotMarkerPath
        for file in files.reversed() where file != marker { try remove(file) }
        for folder in folders.reversed() where folder != directory { try remove(folder: folder) }
        if files.contains(marker) {
            try doing { fileSystem throws(FileError) in
                try fileSystem.synchronizeDirectory(directory)
            }
            try remove(marker + ".new")
            try remove(marker)
        }
        if folders.contains(directory) { try remove(folder: directory) }
    }

    private func remove(_ path: String) throws(StoreError) {
        try doing { fileSystem throws(FileError) in
            do throws(FileError) {
                try fileSystem.remove(path)
            } catch {
                guard error.isMissing else { throw error }
            }
        }
    }

    private func remove(folder path: String) throws(StoreError) {
        try doing { fileSystem throws(FileError) in
            do throws(FileError) {
                try fileSystem.removeDirectory(path)
            } catch {
                guard error.isMissing else { throw error }
            }
        }
    }

    /// Runs file operations, most of them in the folder of the snapshot.
    private func doing<Result>(
        _ body: (any FileSystem) throws(FileError) -> Result
    ) throws(StoreError) -> Result {
        do throws(FileError) {
            return try body(fileSystem)
        } catch {
            throw SnapshotFolder.failure(error)
        }
    }

    private static func failure(_ error: FileError) -> StoreError {
        StoreError(
            error.isDiskFull ? .diskFull : .inputOutput,
            "cannot \(error.operation) \(error.path): \(error.reason)", cause: error)
    }
}
