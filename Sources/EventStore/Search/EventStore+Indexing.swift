import AuditModel
internal import Synchronization

extension EventStore {
    /// Committed events that searches have to look at one by one until `indexLogs` has run.
    package var unindexedEvents: Int {
        logs.reduce(0) { $0 + $1.index.lag(behind: $1.extent.lastSequence) }
    }

    /// Those that are not sealed, oldest first.
    private var logs: [LogFile] { parts.all.compactMap(\.log) }

    /// Indexes every event that is not sealed, the newest log first. Reads the logs: for a thread that may
    /// wait for the disk, and never the committer's.
    ///
    /// Searches go on meanwhile and use what is indexed so far. Memory is bounded by
    /// `Limits.logIndexBytesMax`.
    ///
    /// - Parameter goesOn: asked between blocks; false ends it early.
    package func indexLogs(while goesOn: () -> Bool = { true }) {
        indexing.withLock { _ in indexAll(while: goesOn) }
    }

    /// Indexes the few newest events for a search that is about to begin; many are left to
    /// `indexLogs`, and nothing is done while another thread is at it.
    func indexNewest() {
        let lag = unindexedEvents
        guard lag > 0, lag <= Limits.indexedBySearchMax else { return }
        _ = indexing.withLockIfAvailable { _ in indexAll { true } }
    }

    /// The index of a log that gets no more events, for who seals it; nil unless searches have begun
    /// it and it holds all of the log.
    func completeIndex(of log: LogFile) -> ActiveIndex? {
        guard log.index.indexed != nil else { return nil }
        return indexing.withLock { _ in
            log.index.follow(
                log, terms: configuration.terms, bytesMax: Limits.logIndexBytesMax
            ) { true }
            guard let (index, sequences) = log.index.indexed,
                sequences.last == log.extent.lastSequence
            else { return nil }
            return index
        }
    }

    /// With `indexing` held.
    private func indexAll(while goesOn: () -> Bool) {
        let logs = self.logs
        var bytes = logs.reduce(0) { $0 + $1.index.residentBytes }
        for log in logs.reversed() where log.index.goesOn {
            // Newer logs are searched more: an older one takes only what they leave.
            guard bytes < Limits.logIndexBytesMax || log === logs.last else { break }
            bytes -= log.index.residentBytes
            log.index.follow(
                log, terms: configuration.terms, bytesMax: Limits.logIndexBytesMax, while: goesOn)
            bytes += log.index.residentBytes
        }
        for log in logs.dropLast() where bytes > Limits.logIndexBytesMax {
            bytes -= log.index.residentBytes
            log.index.letGo()
        }
    }
}
