package import AuditModel
internal import Synchronization

extension EventStore {
    /// Hides every event that is older than the retention: bounds and reads begin behind them from
    /// now on, whatever the clock says later.
    ///
    /// Reads the disk on the caller's thread when something expired since the last call (at most
    /// the index block in which retention ends), and nothing otherwise. For threads that may wait:
    /// those of reads, and the one that sweeps. What may not wait asks `bounds`.
    ///
    /// - Parameters:
    ///   - now: of the wall clock.
    ///   - uptime: of a clock that only counts time that passed, from any start. See `SteadyClock`.
    package func hideExpired(now: Timestamp, uptime: Duration) {
        let (believed, _) = clock.withLock { $0.time(wall: now, uptime: uptime) }
        if let cutoff = cutoff(now: believed) { hide(recordedBefore: cutoff) }
    }

    /// Hides what expired and removes every log in which all events have; an old log that is still
    /// being written is ended first, so that an idle store becomes empty too.
    ///
    /// Throws `inputOutput` when a file cannot be removed and what `append` throws when the next
    /// log cannot be begun; what was done before stays done.
    package func expire(now: Timestamp, uptime: Duration) throws(StoreError) -> ExpiryReport {
        let (believed, heldBack) = clock.withLock { $0.time(wall: now, uptime: uptime) }
        var report = ExpiryReport(oldest: .zero, clockHeldBack: heldBack)
        if let cutoff = cutoff(now: believed) {
            hide(recordedBefore: cutoff)
            let age = (configuration.retention ?? .zero) / Limits.logsPerRetention
            try removeLogs(
                recordedBefore: cutoff, rollBefore: believed.advanced(by: .zero - age), &report)
        }
        report.oldest = readable.oldest
        return report
    }

    /// Events recorded before it have expired; nil when nothing ever does.
    private func cutoff(now: Timestamp) -> Timestamp? {
        guard let retention = configuration.retention else { return nil }
        return now.advanced(by: .zero - retention)
    }

    private func hide(recordedBefore cutoff: Timestamp) {
        let (isDue, head) = published.withLock { published in
            (published.oldestRecordedAt.map { $0 < cutoff } ?? false, published.head)
        }
        guard isDue else { return }
        let first = firstFrame(recordedSince: cutoff)
        published.withLock { published in
            // `head` was read before the search, so that a frame appended meanwhile stays visible.
            let oldest = first?.sequence ?? head.next
            guard oldest > published.oldest else { return }
            published.oldest = oldest
            published.oldestRecordedAt =
                first?.recordedAt ?? (published.head > head ? published.newestRecordedAt : nil)
        }
    }

    /// - Parameter rollCutoff: a log that began before it is ended.
    private func removeLogs(
        recordedBefore cutoff: Timestamp, rollBefore rollCutoff: Timestamp,
        _ report: inout ExpiryReport
    ) throws(StoreError) {
        var removed = report
        defer { report = removed }
        try withWriter { writer throws(StoreError) in
            // Full disks are why removal comes before a new log.
            try removeClosedLogs(recordedBefore: cutoff, &removed)
            guard let first = writer.log.active.oldestRecordedAt, first < rollCutoff else { return }
            try roll(&writer)
            try removeClosedLogs(recordedBefore: cutoff, &removed)
        }
    }

    /// Oldest first, each one durably: a crash in between leaves no hole.
    private func removeClosedLogs(
        recordedBefore cutoff: Timestamp, _ report: inout ExpiryReport
    ) throws(StoreError) {
        while let log = published.withLock({ $0.logs.count > 1 ? $0.logs[0] : nil }),
            log.extent.newestRecordedAt < cutoff
        {
            try StoreError.wrappingFileErrors { () throws(FileError) in
                do throws(FileError) {
                    try fileSystem.remove(log.path)
                } catch {
                    // A removal that was said to have failed may have happened.
                    guard error.isMissing else { throw error }
                }
                try fileSystem.synchronizeDirectory(configuration.logDirectory)
            }
            let extent = log.extent
            published.withLock { published in
                published.logs.removeFirst()
                published.bytes -= extent.end
                published.oldest = max(published.oldest, extent.lastSequence.next)
            }
            report.logs += 1
            report.bytes += extent.end
            report.events += Int(
                extent.lastSequence.rawValue + 1 - log.header.firstSequence.rawValue)
        }
    }
}
