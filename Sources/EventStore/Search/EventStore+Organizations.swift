package import AuditModel

extension EventStore {
    /// The organizations that have events in a file; reads all of a log that is not indexed.
    func organizations(in part: StorePart) throws(StoreError) -> [[UInt8]] {
        switch part {
        case .sealed(let segment): return try segment.organizations().map(\.organization)
        case .log(let log):
            var names: Set<[UInt8]> = []
            var reader = EventReader(self, usesCaches: false)
            for part in log.searchParts(through: part.lastSequence) {
                if let index = part.index {
                    names.formUnion(try index.organizations().map(\.organization))
                    continue
                }
                for row in part.rows(of: part.sequences) {
                    let sequence = part.sequence(of: row)
                    let name = try reader.withEvent(sequence, of: part) { Array($0.organization) }
                    if let name { names.insert(name) }
                }
            }
            return Array(names)
        }
    }

    /// Visits the events that no segment has yet, the newest batch first, until one cannot be read. The first place
    /// from which on all were visited.
    package func visitUnsealed(_ body: (EventBatch) -> Void) -> Sequence {
        let first = max(parts.firstLogged, visibility.lowestFloor)
        var reached = bounds.head.next
        var cursor = cursor(from: bounds.head, .backward)
        while reached > first, let batch = try? cursor.next() {
            body(batch)
            reached = min(reached, batch.firstSequence)
        }
        return reached
    }
}
