internal import Synchronization

extension EventStore {
    /// What sealing and sweeping remember; with their lock held, one of them works at a time. The
    /// committer never waits for it.
    struct Maintenance {
        var isClosed = false
        /// Files that could not be removed yet: logs that a segment stands for, and segments whose seal
        /// failed.
        var leftovers: [String] = []
        var deadRows = DeadRows()
    }

    /// Runs what changes files that are not written any more. Throws `closed`.
    func maintaining<Result>(
        _ body: (inout Maintenance) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try maintenance.withLock { maintenance throws(StoreError) in
            guard !maintenance.isClosed else {
                throw StoreError(.closed, "the store is closed")
            }
            return try body(&maintenance)
        }
    }

    /// Ends a seal or a sweep under way early: it throws `closed`, as those after it do.
    package func endMaintenance() { isClosing.store(true, ordering: .relaxed) }

    /// For work that takes long: throws `closed` once `close` waits for it.
    func checkOpen() throws(StoreError) {
        guard !isClosing.load(ordering: .relaxed) else {
            throw StoreError(.closed, "the store is closed")
        }
    }

    /// Removes what a seal left, durably. Nothing else is removed before: one that came back
    /// after a power cut would bring back what retention took since.
    func removeLeftovers(_ maintenance: inout Maintenance) throws(StoreError) {
        while let path = maintenance.leftovers.last {
            try removeFile(path)
            maintenance.leftovers.removeLast()
        }
    }

    /// Takes a file away, durably.
    func removeFile(_ path: String) throws(StoreError) {
        try StoreError.wrappingFileErrors { () throws(FileError) in
            do throws(FileError) {
                try fileSystem.remove(path)
            } catch {
                // A removal that was said to have failed may have happened.
                guard error.isMissing else { throw error }
            }
            try fileSystem.synchronizeDirectory(FolderPath.parent(of: path))
        }
    }
}
