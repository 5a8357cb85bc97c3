import AuditModel
internal import Synchronization

extension EventStore {
    /// Whether the files are larger than `StoreConfiguration.bytesMax` and something can go.
    package var hasExcess: Bool {
        guard let bytesMax = configuration.bytesMax else { return false }
        return published.withLock { published in
            published.parts.bytes > bytesMax && published.nextExcess != nil
        }
    }

    /// Lets the oldest events go as long as the files are larger than `StoreConfiguration.bytesMax`,
    /// whatever their age: hides those of the oldest file at once, then removes it, and so on. Nil when
    /// there was nothing to do.
    ///
    /// Events under legal hold stay: a segment with some is written anew without the others. Whose events
    /// a log holds is not known, so while anything is under legal hold it goes once it is sealed. The log
    /// that is being written stays, too. Removal needs no room on the disk.
    ///
    /// Throws what `expire` throws; what was done before stays done.
    package func dropExcess() throws(StoreError) -> ExpiryReport? {
        var report = ExpiryReport(oldest: .zero)
        defer { count(report) }
        while hasExcess, let part = hideExcess() {
            var dead: Visibility
            repeat {
                dead = dropped()
                try removeFirstParts(below: dead, &report)
                try rewriteExcess(of: part, below: dead, &report)
                // Other rules may hold since: then it is done by those.
            } while !isInForce(dead)
        }
        report.oldest = readable.oldest
        return report.files + report.rewritten > 0 ? report : nil
    }

    /// Writes a segment anew that holds what is not to go.
    private func rewriteExcess(
        of part: StorePart, below dead: Visibility, _ report: inout ExpiryReport
    ) throws(StoreError) {
        var written = report
        defer { report = written }
        try maintaining { maintenance throws(StoreError) in
            // As it is now: it may be gone, or written anew since.
            guard isInForce(dead), let current = parts.part(holding: part.firstSequence),
                current.firstSequence == part.firstSequence, let segment = current.segment
            else { return }
            try rewrite(segment, below: dead, deadShare: nil, &maintenance, &written)
        }
    }

    /// Hides the oldest file of which something may go.
    private func hideExcess() -> StorePart? {
        published.withLock { published in
            guard let (part, next) = published.nextExcess else { return nil }
            published.retention.drop(
                below: part.lastSequence.next, recordedAt: next.oldestRecordedAt)
            return part
        }
    }

    /// The floors below which the cap lets go. Only those: what is hidden for its age goes by the clock.
    private func dropped() -> Visibility {
        published.withLock { published in
            var dead = published.retention.visibility
            for index in dead.floors.indices {
                dead.floors[index] =
                    index == dead.plan.heldIndex
                    ? published.parts.firstSequence : published.retention.capFloor
            }
            return dead
        }
    }

    private func count(_ report: ExpiryReport) {
        published.withLock { published in
            published.totals.droppedEvents += report.events
            published.totals.droppedBytes += report.bytes
        }
    }
}

extension EventStore.Published {
    /// The oldest file that the cap has not been through, and the one behind it; nil when only what it
    /// spares is left.
    fileprivate var nextExcess: (part: StorePart, next: StorePart)? {
        let isHeld = retention.visibility.plan.heldIndex != nil
        let floor = retention.capFloor
        for index in parts.all.indices.dropLast() {
            let part = parts.all[index]
            if part.lastSequence < floor { continue }
            // Those behind a log that waits are younger than what is in it.
            guard !isHeld || part.segment != nil else { return nil }
            return (part, parts.all[index + 1])
        }
        return nil
    }
}
