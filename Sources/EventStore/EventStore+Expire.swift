package import AuditModel
internal import Synchronization

/// A file of which events are about to be removed.
package struct Removal: Sendable {
    /// Those that have events in it; nil when that cannot be told.
    package var organizations: [[UInt8]]?
    package var sequences: SequenceRange
}

/// Told of each removal. Nothing is removed when it throws.
package typealias BeforeRemoval = (Removal) throws(StoreError) -> Void

extension EventStore {
    /// Hides what expired and gives its space back: removes the oldest files as long as all of their
    /// events have, and writes segments anew without their expired events once those are enough
    /// (`Limits.deadShare`). An old log that is still being written is ended first, so that an idle
    /// store becomes empty too.
    ///
    /// What was removed is hidden and past its retention, both: neither a clock that goes back nor rules
    /// that were made longer meanwhile find it removed. Reads go on while a file is written or removed.
    ///
    /// Throws `inputOutput` or `diskFull` when a file cannot be removed or written, `damaged` (once)
    /// when a segment cannot be read and so is kept as a whole, what `append` throws when the next
    /// log cannot be begun, or `closed`; what was done before stays done.
    ///
    /// - Parameter before: see `BeforeRemoval`.
    package func expire(
        now: Timestamp, uptime: Duration, before: BeforeRemoval = { _ in }
    ) throws(StoreError) -> ExpiryReport {
        let (believed, heldBack) = clock.withLock { $0.time(wall: now, uptime: uptime) }
        var report = ExpiryReport(oldest: .zero, clockHeldBack: heldBack)
        hide(at: believed)
        let dead = expired(at: believed)
        var damage: StoreError?
        defer { count(report, at: now) }
        // Full disks are why removal comes before a new log and before what is written anew.
        try removeFirstParts(below: dead, before, &report, &damage)
        if try rollAged(at: believed) {
            try removeFirstParts(below: dead, before, &report, &damage)
        }
        try rewriteSegments(below: dead, before, &report, &damage)
        if let damage { throw damage }
        report.oldest = readable.oldest
        return report
    }

    /// Also what was done before a sweep failed.
    private func count(_ report: ExpiryReport, at now: Timestamp) {
        published.withLock { published in
            published.totals.sweptAt = now
            published.totals.sweptEvents += report.events
            published.totals.sweptBytes += report.bytes
        }
    }

    /// The floors below which events may be removed: those that hide, unless the clock went back
    /// since.
    private func expired(at now: Timestamp) -> Visibility {
        let (shown, head) = published.withLock { ($0.retention.visibility, $0.head) }
        var dead = shown
        for (index, age) in shown.plan.ages.enumerated() {
            guard let age else { continue }
            let young = firstEvent(recordedSince: now.advanced(by: .zero - age))?.sequence
            dead.floors[index] = min(shown.floors[index], young ?? head.next)
        }
        return dead
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

    // MARK: Whole files

    /// Oldest first, each one durably: a crash in between leaves no hole. Ends at a segment that is damaged,
    /// and notes that.
    func removeFirstParts(
        below dead: Visibility, _ before: BeforeRemoval, _ report: inout ExpiryReport,
        _ damage: inout StoreError?
    ) throws(StoreError) {
        var removed = report
        defer { report = removed }
        while try maintaining({ maintenance throws(StoreError) in
            try removeLeftovers(&maintenance)
            guard isInForce(dead), let part = parts.firstClosed,
                try isDead(part, below: dead, &maintenance, &damage)
            else { return false }
            try tell(of: part, before)
            try removeFirst(part, &removed)
            maintenance.deadRows.removed(before: parts.firstSequence)
            return true
        }) {}
    }

    /// False once other rules hold: the next sweep goes by them.
    func isInForce(_ dead: Visibility) -> Bool { visibility.plan === dead.plan }

    private func isDead(
        _ part: StorePart, below dead: Visibility, _ maintenance: inout Maintenance,
        _ damage: inout StoreError?
    ) throws(StoreError) -> Bool {
        if dead.lowestFloor > part.lastSequence { return true }
        // Whose events a log holds is not known before it is sealed.
        guard let segment = part.segment else { return false }
        // What a repair could not save is told of until it would have expired: nobody knows whose it was.
        guard lost.overlapping(segment.bounds.sequences).isEmpty else { return false }
        do throws(StoreError) {
            return try maintenance.deadRows.count(in: segment, below: dead)
                == segment.bounds.events
        } catch {
            // Said once: who looks at the segment again is told of nothing to remove.
            guard error.code == .damaged else { throw error }
            damage = damage ?? error
            return false
        }
    }

    private func tell(of part: StorePart, _ before: BeforeRemoval) throws(StoreError) {
        guard part.firstSequence <= part.lastSequence else { return }
        let sequences = SequenceRange(first: part.firstSequence, last: part.lastSequence)
        var organizations: [[UInt8]]?
        do throws(StoreError) {
            organizations = try self.organizations(in: part)
        } catch {
            guard error.code == .damaged else { throw error }
        }
        try before(Removal(organizations: organizations, sequences: sequences))
    }

    private func removeFirst(
        _ part: StorePart, _ report: inout ExpiryReport
    ) throws(StoreError) {
        // For those who read from it now.
        try part.segment?.retire()
        try removeFile(part.path)
        published.withLock { published in
            published.parts.removeFirst()
            published.retention.removed(through: published.parts.firstSequence.previous)
        }
        report.files += 1
        report.bytes += part.bytes
        report.events += part.events
    }

    // MARK: Parts of files

    /// Goes on behind a segment that is damaged, and notes that.
    private func rewriteSegments(
        below dead: Visibility, _ before: BeforeRemoval, _ report: inout ExpiryReport,
        _ damage: inout StoreError?
    ) throws(StoreError) {
        var written = report
        defer { report = written }
        for case .sealed(let segment) in parts.all {
            guard dead.highestFloor > segment.bounds.sequences.first else { break }
            do throws(StoreError) {
                try maintaining { maintenance throws(StoreError) in
                    guard isInForce(dead) else { return }
                    try rewrite(segment, below: dead, before, &maintenance, &written)
                }
            } catch {
                guard error.code == .damaged else { throw error }
                damage = damage ?? error
            }
        }
    }

    /// Writes a segment without its dead events once there are enough of them. Those that are left keep
    /// their sequences; without any it stands for its range until it is the first part.
    ///
    /// - Parameter deadShare: enough is this part of its events; nil for any.
    func rewrite(
        _ segment: Segment, below dead: Visibility, _ before: BeforeRemoval,
        deadShare: Int? = Limits.deadShare, _ maintenance: inout Maintenance,
        _ report: inout ExpiryReport
    ) throws(StoreError) {
        let count = try maintenance.deadRows.count(in: segment, below: dead)
        guard count > 0, deadShare.map({ count * $0 >= segment.bounds.events }) ?? true else {
            return
        }
        try tell(of: .sealed(segment), before)
        let rewritten = try rewrite(segment, below: dead, &maintenance)
        report.rewritten += 1
        report.events += segment.bounds.events - rewritten.bounds.events
        report.bytes += segment.bounds.fileBytes - rewritten.bounds.fileBytes
    }
}
