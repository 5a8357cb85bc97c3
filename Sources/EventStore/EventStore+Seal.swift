package import AuditModel
internal import Synchronization

/// What one seal did.
package struct SealReport: Hashable, Sendable {
    package var sequences: SequenceRange
    /// Of the log, and of the segment that took its place.
    package var logBytes: Int
    package var segmentBytes: Int
}

extension EventStore {
    /// Whether there is a log that `seal` would seal.
    package var hasSealable: Bool { parts.firstSealable != nil }

    /// Makes a segment of the oldest log that gets no more events, and removes the log. Nil when there
    /// is none. For a thread that may take a second; the committer and readers go on meanwhile.
    ///
    /// The segment is durable before readers go to it, and they go to it before the log is removed.
    ///
    /// Throws `damaged` when not all of the log can be read: it is kept as it is and not tried again.
    /// Throws `diskFull` or `inputOutput`; then the log is kept and the next call tries again, or it
    /// was sealed and only its removal failed, which the next call makes good. Throws `closed`.
    package func seal() throws(StoreError) -> SealReport? {
        try maintaining { maintenance throws(StoreError) in
            try removeLeftovers(&maintenance)
            guard let log = parts.firstSealable else { return nil }
            let segment: Segment
            do throws(StoreError) {
                segment = try makeSegment(of: log)
            } catch {
                // Whether it got its name is not known. One that stayed would be there at the next start
                // when retention has long removed the log and what is behind it.
                let name = SegmentName.of(log.header.firstSequence)
                maintenance.leftovers.append(configuration.segmentDirectory + "/" + name)
                try? removeLeftovers(&maintenance)
                throw error
            }
            published.withLock { published in
                published.parts.replace(by: .sealed(segment))
                published.retention.sealed(from: segment.bounds.sequences.first)
            }
            maintenance.leftovers.append(log.path)
            try removeLeftovers(&maintenance)
            return SealReport(
                sequences: segment.bounds.sequences, logBytes: log.extent.end,
                segmentBytes: segment.bounds.fileBytes)
        }
    }

    private func makeSegment(of log: LogFile) throws(StoreError) -> Segment {
        var next = log.header.firstSequence
        var writer = try makeWriter(for: log)
        var reader = BlockReader()
        while let block = log.block(holding: next) {
            try checkOpen()
            reader.load(block, of: log)
            for slot in reader.slots {
                let batch: EventBatch
                do throws(StoreError) {
                    batch = try reader.batch(slot)
                } catch {
                    log.markUnsealable()
                    throw error
                }
                try writer.append(batch)
            }
            next = block.lastSequence.next
        }
        return try writer.finish()
    }

    /// What searches have indexed is not indexed again.
    private func makeWriter(for log: LogFile) throws(StoreError) -> SegmentWriter {
        let directory = configuration.segmentDirectory
        let salt = configuration.salt()
        if let index = completeIndex(of: log) {
            return try SegmentWriter(
                sealing: index, in: directory, segmentResources, salt: salt,
                skipped: log.header.skipped)
        }
        return try SegmentWriter(
            SequenceRange(first: log.header.firstSequence, last: log.extent.lastSequence),
            in: directory, segmentResources, salt: salt, skipped: log.header.skipped,
            terms: configuration.terms)
    }
}
