import AuditModel
internal import Synchronization

extension EventStore {
    /// Whether the files are larger than `StoreConfiguration.bytesMax` and something can go, or
    /// something is still on the disk that was let go before.
    package var hasExcess: Bool {
        guard let bytesMax = configuration.bytesMax else { return false }
        return published.withLock { published in
            published.hasDropLeft || published.excess(over: bytesMax) != nil
        }
    }

    /// Lets the oldest events go as long as the files are larger than `StoreConfiguration.bytesMax`,
    /// whatever their age: hides those of the oldest file at once, then removes it, and so on. Nil when
    /// there was nothing to do.
    ///
    /// Events under legal hold stay: a segment with some is written anew without the others. Whose events
    /// a log holds is not known, so while anything is under legal hold it goes once it is sealed, and one
    /// that cannot be sealed stays. The log that is being written stays, too. When what stays alone reaches
    /// the cap, nothing goes: see `excessStall`. Removal needs no room on the disk; writing anew does.
    ///
    /// Throws what `expire` throws; what was done before stays done. The next call begins with what
    /// this one hid and could not remove, and hides more only when that is gone and not enough.
    ///
    /// - Parameter before: see `BeforeRemoval`.
    package func dropExcess(
        before: BeforeRemoval = { _ in }
    ) throws(StoreError) -> ExpiryReport? {
        var report = ExpiryReport(oldest: .zero)
        var damage: StoreError?
        defer { count(report) }
        var measured: CompiledRetention?
        repeat {
            try finishDrop(before, &report, &damage)
            if isTooLarge, visibility.plan !== measured { measured = try measureSpared() }
        } while hideExcess(by: measured)
        if let damage { throw damage }
        report.oldest = readable.oldest
        return report.files + report.rewritten > 0 ? report : nil
    }

    private var isTooLarge: Bool {
        configuration.bytesMax.map { bytesMax in parts.bytes > bytesMax } ?? false
    }

    /// Takes what is hidden by the cap off the disk. Goes on behind a segment that is damaged.
    private func finishDrop(
        _ before: BeforeRemoval, _ report: inout ExpiryReport, _ damage: inout StoreError?
    ) throws(StoreError) {
        // Other rules may hold after a round: then it is done by those.
        while let (dead, sequences) = dropLeft() {
            try removeFirstParts(below: dead, before, &report, &damage)
            for case .sealed(let segment) in parts.all {
                guard segment.bounds.sequences.first < sequences.upperBound else { break }
                guard segment.bounds.sequences.last >= sequences.lowerBound else { continue }
                do throws(StoreError) {
                    try rewriteExcess(of: segment, below: dead, before, &report)
                } catch {
                    guard error.code == .damaged else { throw error }
                    damage = damage ?? error
                }
            }
            published.withLock { published in
                guard published.retention.visibility.plan === dead.plan else { return }
                published.retention.finishDrop(below: sequences.upperBound)
            }
        }
    }

    /// Writes a segment anew that holds what is not to go.
    private func rewriteExcess(
        of segment: Segment, below dead: Visibility, _ before: BeforeRemoval,
        _ report: inout ExpiryReport
    ) throws(StoreError) {
        var written = report
        defer { report = written }
        try maintaining { maintenance throws(StoreError) in
            // As it is now: it may be gone, or written anew since.
            let first = segment.bounds.sequences.first
            guard isInForce(dead), let current = parts.part(startingAt: first)?.segment else {
                return
            }
            try rewrite(
                current, below: dead, before, deadShare: nil, &maintenance, &written)
        }
    }

    /// Hides the oldest file of which something may go, when the files are too large and the rules still
    /// those by which it was looked at what may. Whether it did.
    private func hideExcess(by plan: CompiledRetention?) -> Bool {
        guard let bytesMax = configuration.bytesMax else { return false }
        return published.withLock { published in
            guard published.retention.visibility.plan === plan,
                let (part, next) = published.excess(over: bytesMax)
            else { return false }
            published.retention.drop(
                below: part.lastSequence.next, recordedAt: next.oldestRecordedAt)
            return true
        }
    }

    /// The floors below which the cap lets go, and where something of that may be left; nil when nothing
    /// is. Only those floors: what is hidden for its age goes by the clock.
    private func dropLeft() -> (dead: Visibility, sequences: Range<Sequence>)? {
        published.withLock { published in
            guard published.hasDropLeft else { return nil }
            var dead = published.retention.visibility
            for index in dead.floors.indices {
                dead.floors[index] =
                    index == dead.plan.heldIndex
                    ? published.parts.firstSequence : published.retention.capFloor
            }
            return (dead, published.retention.capDone..<published.retention.capFloor)
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
    /// Whether something may be on the disk that the cap let go.
    var hasDropLeft: Bool {
        retention.capFloor > max(retention.capDone, parts.firstSequence)
    }

    /// The oldest file that the cap has not been through, and the one behind it; nil when the files are
    /// not larger, only what the cap spares is left, or that alone reaches it.
    func excess(over bytesMax: Int) -> (part: StorePart, next: StorePart)? {
        guard parts.bytes > bytesMax, retention.spared?.all ?? 0 < bytesMax else { return nil }
        let isHeld = retention.visibility.plan.heldIndex != nil
        let floor = retention.capFloor
        for index in parts.all.indices.dropLast() {
            let part = parts.all[index]
            if part.lastSequence < floor { continue }
            if isHeld, let log = part.log {
                // Those behind a log that waits are younger than what is in it.
                guard !log.isSealable else { return nil }
                continue
            }
            return (part, parts.all[index + 1])
        }
        return nil
    }
}
