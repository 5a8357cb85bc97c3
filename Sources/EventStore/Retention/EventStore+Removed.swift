package import AuditModel

extension EventStore {
    /// The end of what was removed of an organization around a sequence, before longer rules came to
    /// cover it: everything of it from `sequence` through the result is gone. Nil when nothing of it
    /// is missing at or behind `sequence` in that part of the store.
    ///
    /// Throws `damaged` or `inputOutput` when a segment cannot say it.
    package func removed(
        of organization: [UInt8], from sequence: Sequence
    ) throws(StoreError) -> Sequence? {
        let parts = parts.all
        var end: Sequence?
        var next = sequence
        for part in parts[parts.partitionIndex(where: { $0.lastSequence >= sequence })...] {
            guard let segment = part.segment, segment.bounds.sequences.first <= next else { break }
            let removal = try segment.removals().first { $0.organization == organization }
            guard let removal, removal.end > 0 else { break }
            let last = segment.sequence(of: removal.end - 1)
            guard last >= next else { break }
            end = last
            // What goes on in the next segment is one piece with it.
            next = last.next
            guard last == segment.bounds.sequences.last else { break }
        }
        return end
    }
}
