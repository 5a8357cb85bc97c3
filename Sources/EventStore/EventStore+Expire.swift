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
        hide(at: clock.withLock { $0.time(wall: now, uptime: uptime).now })
    }

    /// Hides what expired and removes every log in which all events have; an old log that is still
    /// being written is ended first, so that an idle store becomes empty too.
    ///
    /// Throws `inputOutput` when a file cannot be removed and what `append` throws when the next
    /// log cannot be begun; what was done before stays done.
    package func expire(now: Timestamp, uptime: Duration) throws(StoreError) -> ExpiryReport {
        let (believed, heldBack) = clock.withLock { $0.time(wall: now, uptime: uptime) }
        var report = ExpiryReport(oldest: .zero, clockHeldBack: heldBack)
        hide(at: believed)
        try removeLogs(at: believed, &report)
        report.oldest = readable.oldest
        return report
    }

    /// Decides anew how long events are kept; in force when it returns, for reads too.
    ///
    /// A shorter age hides at once. A longer one shows again what no sweep has removed yet.
    /// Throws `invalidConfiguration` or `closed`; then nothing has changed.
    package func setRetention(
        _ rules: RetentionRules, now: Timestamp, uptime: Duration
    ) throws(StoreError) {
        try rules.check()
        var (state, head) = retentionState(under: rules, now: now, uptime: uptime)
        // All at once: nothing that stays hidden is seen in between. With the writer, so that a
        // sweep under way removes nothing by the rules before.
        try withWriter { _ throws(StoreError) in
            published.withLock { published in
                if published.head > head { state.appended(recordedAt: published.newestRecordedAt) }
                state.removed(through: published.logs[0].header.firstSequence.previous)
                published.retention = state
            }
        }
    }

    /// The oldest sequence that would be shown of an organization (nil: of all) under other rules.
    package func oldest(
        of organization: [UInt8]?, under rules: RetentionRules, now: Timestamp, uptime: Duration
    ) -> Sequence {
        retentionState(under: rules, now: now, uptime: uptime).state.visibility
            .floor(of: organization)
    }

    /// What the rules show of what is on disk, and the newest sequence that was looked at.
    private func retentionState(
        under rules: RetentionRules, now: Timestamp, uptime: Duration
    ) -> (state: RetentionState, head: Sequence) {
        let (now, _) = clock.withLock { $0.time(wall: now, uptime: uptime) }
        let (logs, head) = published.withLock { ($0.logs, $0.head) }
        var state = RetentionState(
            CompiledRetention(rules), oldest: logs[0].header.firstSequence,
            recordedAt: logs.lazy.compactMap(\.oldestRecordedAt).first)
        for age in state.due(at: now) {
            let first = firstFrame(recordedSince: age.cutoff)
            state.hide(age, below: first?.sequence ?? head.next, recordedAt: first?.recordedAt)
        }
        return (state, head)
    }

    /// Moves the floor of each age behind what was recorded too long ago.
    private func hide(at now: Timestamp) {
        let (due, head) = published.withLock { ($0.retention.due(at: now), $0.head) }
        for age in due {
            let first = firstFrame(recordedSince: age.cutoff)
            published.withLock { published in
                // `head` was read before the search, so that a frame appended meanwhile stays visible.
                published.retention.hide(
                    age, below: first?.sequence ?? head.next,
                    recordedAt: first?.recordedAt
                        ?? (published.head > head ? published.newestRecordedAt : nil))
            }
        }
    }

    private func removeLogs(
        at now: Timestamp, _ report: inout ExpiryReport
    ) throws(StoreError) {
        var removed = report
        defer { report = removed }
        try withWriter { writer throws(StoreError) in
            guard let longest = visibility.plan.longest else { return }
            let cutoff = now.advanced(by: .zero - longest)
            let rollCutoff = now.advanced(by: .zero - longest / Limits.logsPerRetention)
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
                published.retention.removed(through: extent.lastSequence)
            }
            report.logs += 1
            report.bytes += extent.end
            report.events += Int(
                extent.lastSequence.rawValue + 1 - log.header.firstSequence.rawValue)
        }
    }
}
