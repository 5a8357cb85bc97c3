package import AuditModel
internal import Synchronization

extension EventStore {
    /// Hides what expired and removes every file in which all events have; an old log that is still
    /// being written is ended first, so that an idle store becomes empty too.
    ///
    /// Throws `inputOutput` when a file cannot be removed, what `append` throws when the next
    /// log cannot be begun, or `closed`; what was done before stays done.
    package func expire(now: Timestamp, uptime: Duration) throws(StoreError) -> ExpiryReport {
        let (believed, heldBack) = clock.withLock { $0.time(wall: now, uptime: uptime) }
        var report = ExpiryReport(oldest: .zero, clockHeldBack: heldBack)
        hide(at: believed)
        try removeFiles(at: believed, &report)
        report.oldest = readable.oldest
        return report
    }

    private func removeFiles(
        at now: Timestamp, _ report: inout ExpiryReport
    ) throws(StoreError) {
        var removed = report
        defer { report = removed }
        try maintaining { maintenance throws(StoreError) in
            try removeLeftovers(&maintenance)
            // Full disks are why removal comes before a new log.
            try removeExpired(at: now, &removed)
            guard try rollAged(at: now) else { return }
            try removeExpired(at: now, &removed)
        }
    }

    /// Ends the log when its first event is old. Whether it did.
    private func rollAged(at now: Timestamp) throws(StoreError) -> Bool {
        let ages = [
            configuration.logAgeMax, visibility.plan.longest.map { $0 / Limits.logsPerRetention },
        ]
        guard let age = ages.compactMap(\.self).min() else { return false }
        let cutoff = now.advanced(by: .zero - age)
        return try withWriter { writer throws(StoreError) in
            guard let first = writer.log.active.oldestRecordedAt, first < cutoff else {
                return false
            }
            try roll(&writer)
            return true
        }
    }

    /// Oldest first, each one durably: a crash in between leaves no hole.
    private func removeExpired(
        at now: Timestamp, _ report: inout ExpiryReport
    ) throws(StoreError) {
        guard let longest = visibility.plan.longest else { return }
        let cutoff = now.advanced(by: .zero - longest)
        while let part = parts.firstClosed, part.newestRecordedAt < cutoff {
            try removeFirst(part, &report)
        }
    }

    private func removeFirst(
        _ part: StorePart, _ report: inout ExpiryReport
    ) throws(StoreError) {
        // For those who read from it now.
        try part.segment?.retire()
        try removeFile(part.path)
        let last = part.lastSequence
        published.withLock { published in
            published.parts.removeFirst()
            published.retention.removed(through: last)
        }
        report.files += 1
        report.bytes += part.bytes
        report.events += part.events
    }
}
