package import AuditModel
internal import Synchronization

/// What one `reindex` did.
package struct ReindexReport: Hashable, Sendable {
    package var sequences: SequenceRange
    /// Of the segment before and after.
    package var bytesBefore: Int
    package var bytes: Int
}

extension EventStore {
    /// Whether the segment's indexes say what today's terms would.
    func isIndexed(_ segment: Segment) -> Bool {
        segment.termsVersion == configuration.terms.version
    }

    /// Whether there is a segment that was indexed by other terms than today's.
    package var hasOutdatedIndex: Bool { outdated { _ in true } != nil }

    private func outdated(_ condition: (Segment) -> Bool) -> Segment? {
        // The newest is asked most.
        for case .sealed(let segment) in parts.all.reversed()
        where !isIndexed(segment) && condition(segment) {
            return segment
        }
        return nil
    }

    /// Writes the newest segment that was indexed by other terms anew, with today's: until then it is
    /// searched by looking at each of its events. Nil when there is none. For a thread that may take a
    /// second; the committer and readers go on meanwhile.
    ///
    /// Throws `damaged` for a segment that cannot be read: it stays as it is and is not tried again.
    /// Throws `diskFull` or `inputOutput`, and the next call tries again, or `closed`.
    package func reindex() throws(StoreError) -> ReindexReport? {
        try maintaining { maintenance throws(StoreError) in
            try removeLeftovers(&maintenance)
            let unreadable = maintenance.deadRows
            guard let segment = outdated({ !unreadable.isUnreadable($0) }) else { return nil }
            let rewritten = try rewrite(segment, below: nil, &maintenance)
            return ReindexReport(
                sequences: segment.bounds.sequences, bytesBefore: segment.bounds.fileBytes,
                bytes: rewritten.bounds.fileBytes)
        }
    }

    /// Puts a segment of the same range without dead events, indexed by today's terms, in the place of
    /// another. One of which not all can be read is not tried again.
    ///
    /// - Parameter dead: events below its floors are left out; nil for none.
    func rewrite(
        _ segment: Segment, below dead: Visibility?, _ maintenance: inout Maintenance
    ) throws(StoreError) -> Segment {
        let rewritten: Segment
        do throws(StoreError) {
            rewritten = try write(segment, below: dead)
        } catch {
            if error.code == .damaged {
                maintenance.deadRows.forget(segment, isUnreadable: true)
            }
            throw error
        }
        published.withLock { $0.parts.replace(by: .sealed(rewritten)) }
        maintenance.deadRows.forget(segment)
        return rewritten
    }

    private func write(
        _ segment: Segment, below dead: Visibility?
    ) throws(StoreError) -> Segment {
        var kept = try segment.rows()
        var removals = try segment.removals()
        if let dead {
            kept = kept.subtracting(try segment.rows(below: dead))
            removals = try segment.removals(below: dead)
        }
        var writer = try SegmentWriter(
            replacing: segment, removals: removals, in: configuration.segmentDirectory,
            segmentResources, salt: configuration.salt(), terms: configuration.terms)
        try writer.append(kept, of: segment, isCancelled: { isClosing.load(ordering: .relaxed) })
        try checkOpen()
        guard writer.count == kept.count else {
            throw segment.file.damaged(
                "names events that are not there",
                Piece(offset: segment.footer[.liveRows].lowerBound, length: 0), .liveRows)
        }
        // Its name is about to be another file's.
        try segment.retire()
        return try writer.finish()
    }
}
