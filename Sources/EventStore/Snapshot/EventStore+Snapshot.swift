package import AuditModel
internal import Synchronization

/// What a snapshot holds.
package struct SnapshotReport: Hashable, Sendable {
    package var createdAt: Timestamp
    /// The first sequence that its files stand for, the newest, and the events between them.
    package var first: Sequence
    package var head: Sequence
    package var events: Int
    /// Logs and segments, and their bytes.
    package var files: Int
    package var bytes: Int
    /// Files that are those of the store under a second name, and files that are copies, the policies
    /// included.
    package var linkedFiles: Int
    package var copiedFiles: Int
}

extension EventStore {
    /// Makes a folder from which a store can be started that holds every event up to the head of this
    /// moment, and which knows that it is a copy (`Restoration`).
    ///
    /// Files that are not written any more get a second name where the folder is on the same file system, and are
    /// copied elsewhere; the log that is being written is copied up to its last durable frame. The
    /// committer never waits for it, and a seal or a sweep only while one file is linked or opened: what
    /// retention removes meanwhile may be in the snapshot or not. For a thread that may wait.
    ///
    /// - Parameters:
    ///   - directory: new, in a folder that is there, or an empty folder.
    ///   - now: of the wall clock.
    ///   - isCancelled: asked between files and pieces of them.
    ///
    /// Throws `snapshotRefused` (the folder cannot be used), `diskFull`, `inputOutput`, `damaged` (a
    /// start of the snapshot would be refused), `cancelled` or `closed`; what was made is removed then.
    package func snapshot(
        to directory: String, now: Timestamp, isCancelled: @escaping () -> Bool = { false }
    ) throws(StoreError) -> SnapshotReport {
        let check = { () throws(StoreError) in
            try self.checkOpen()
            guard !isCancelled() else {
                throw StoreError(.cancelled, "the snapshot was cancelled")
            }
        }
        var folder = SnapshotFolder(
            FolderPath.withoutTrailingSlashes(directory), fileSystem, createdAt: now, check: check)
        do throws(StoreError) {
            try folder.begin()
            let head = try fill(&folder, check)
            let content = try folder.finish(through: head)
            return SnapshotReport(
                createdAt: now, first: content.first, head: content.head, events: content.events,
                files: content.files, bytes: content.bytes, linkedFiles: folder.linkedFiles,
                copiedFiles: folder.copiedFiles)
        } catch {
            do throws(StoreError) {
                try folder.discard()
            } catch let leftover {
                var failure = error
                failure.message += "; what was made of it could not be removed (\(leftover))"
                throw failure
            }
            throw error
        }
    }

    /// The newest file first: retention removes the oldest, so what is gone when its turn comes leaves
    /// no hole. Gives the newest sequence.
    private func fill(
        _ folder: inout SnapshotFolder, _ check: () throws(StoreError) -> Void
    ) throws(StoreError) -> Sequence {
        let parts = self.parts
        let active = parts.active
        // Of one moment; what is written behind it later is not looked at.
        let extent = active.extent
        try folder.copy(active.file, of: .log(active), bytes: extent.end)
        for part in parts.all.dropLast().reversed() {
            try check()
            guard try add(part.firstSequence, to: &folder) else { break }
        }
        try folder.copyLists(of: configuration)
        return extent.lastSequence
    }

    /// Adds the file that begins with that sequence, as it is now: sealed since, or written anew. False
    /// when retention has removed it, and then all before it.
    private func add(
        _ first: Sequence, to folder: inout SnapshotFolder
    ) throws(StoreError) -> Bool {
        var changed = folder
        defer { folder = changed }
        let found = try maintaining { _ throws(StoreError) -> (StorePart, (any File)?)? in
            guard let part = parts.part(startingAt: first) else { return nil }
            if try changed.link(part) { return (part, nil) }
            // Open, it can be read to the end whatever becomes of its name.
            let file = try StoreError.wrappingFileErrors { () throws(FileError) in
                try fileSystem.open(part.path, create: false)
            }
            return (part, file)
        }
        guard let (part, file) = found else { return false }
        if let file { try changed.copy(file, of: part, bytes: part.bytes) }
        return true
    }
}
