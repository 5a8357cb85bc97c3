import AuditModel

/// The ids that callers gave to the events of the batch being built: a duplicate may follow its
/// original into the same group commit.
struct PendingIDs {
    /// Where an event with a given id lies in the work of this commit.
    struct Reference {
        var request: Int
        var event: Int
        var sequence: Sequence
        /// The next reference with the same id, of another organization.
        fileprivate var next: Int?
        fileprivate var id: EventID
    }

    private var newest: [EventID: Int] = [:]
    private var references: [Reference] = []

    /// A place to `rollBack` to.
    var mark: Int { references.count }

    mutating func add(_ id: EventID, request: Int, event: Int, sequence: Sequence) {
        references.append(
            Reference(
                request: request, event: event, sequence: sequence, next: newest[id], id: id))
        newest[id] = references.count - 1
    }

    /// The first reference with that id that `isSame` accepts (which compares the organizations).
    func find(_ id: EventID, where isSame: (Reference) -> Bool) -> Reference? {
        guard !references.isEmpty else { return nil }
        var index = newest[id]
        while let current = index {
            if isSame(references[current]) { return references[current] }
            index = references[current].next
        }
        return nil
    }

    /// Forgets what was added since the mark: its request was refused.
    mutating func rollBack(to mark: Int) {
        while references.count > mark {
            let last = references.removeLast()
            newest[last.id] = last.next
        }
    }

    mutating func removeAll() {
        newest.removeAll(keepingCapacity: true)
        references.removeAll(keepingCapacity: true)
    }
}
