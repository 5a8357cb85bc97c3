package import AuditModel

extension EventStore {
    /// The first stretch, within a range at its beginning, of which retention took everything that an
    /// organization had there, before longer rules came to cover it: at least its last event is gone.
    /// Nil when nothing of the organization is missing in the range.
    ///
    /// Reads only of segments that were written anew. Throws `damaged` or `inputOutput` when one of them
    /// cannot say it.
    package func removed(
        of organization: [UInt8], from first: Sequence, through last: Sequence
    ) throws(StoreError) -> SequenceRange? {
        guard first <= last else { return nil }
        let parts = parts.all
        var found: SequenceRange?
        for part in parts[parts.partitionIndex(where: { $0.lastSequence >= first })...] {
            if let found {
                // What goes on in the next segment is one piece with it.
                guard part.firstSequence == found.last.next else { break }
            } else {
                guard part.firstSequence <= last else { break }
            }
            guard let segment = part.segment, part.missingEvents > 0,
                let removal = try segment.removal(of: organization)
            else {
                guard found == nil else { break }
                continue
            }
            let begin = found?.first ?? max(first, part.firstSequence)
            let end = segment.sequence(of: removal.end - 1)
            guard end >= begin, found != nil || begin <= last else { continue }
            found = SequenceRange(first: begin, last: end)
            guard end == part.lastSequence else { break }
        }
        return found
    }
}

extension Segment {
    fileprivate func removal(
        of organization: [UInt8]
    ) throws(StoreError) -> OrganizationList.Removal? {
        try removals().first { $0.organization == organization && $0.end > 0 }
    }
}
