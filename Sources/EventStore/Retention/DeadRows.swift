import AuditModel

/// What retention lets go of segments, remembered from sweep to sweep: only a segment in which a floor
/// moved is looked at again.
struct DeadRows {
    private struct Entry {
        var plan: ObjectIdentifier
        /// The floors of the plan as far as they lie in the segment.
        var floors: [Sequence]
        var events: Int
    }

    /// By the first sequence of a segment.
    private var known: [Sequence: Entry] = [:]
    /// Segments of which not all could be read: neither counted nor written again.
    private var unreadable: Set<Sequence> = []

    /// How many events of the segment are below the floors of their organizations. Zero, too, for one
    /// that could not be read before. Throws `damaged` once, or `inputOutput`.
    mutating func count(
        in segment: Segment, below visibility: Visibility
    ) throws(StoreError) -> Int {
        let range = segment.bounds.sequences
        guard visibility.highestFloor > range.first, segment.bounds.events > 0 else { return 0 }
        guard visibility.lowestFloor <= range.last else { return segment.bounds.events }
        guard !unreadable.contains(range.first) else { return 0 }
        let plan = ObjectIdentifier(visibility.plan)
        let floors = visibility.floors.map { min(max($0, range.first), range.last.next) }
        if let entry = known[range.first], entry.plan == plan, entry.floors == floors {
            return entry.events
        }
        do throws(StoreError) {
            let events = try segment.rows(below: visibility).count
            known[range.first] = Entry(plan: plan, floors: floors, events: events)
            return events
        } catch {
            if error.code == .damaged { unreadable.insert(range.first) }
            throw error
        }
    }

    /// Whether it could not be read before.
    func isUnreadable(_ segment: Segment) -> Bool {
        unreadable.contains(segment.bounds.sequences.first)
    }

    /// The segment is another one now, or cannot be read.
    mutating func forget(_ segment: Segment, isUnreadable: Bool = false) {
        let first = segment.bounds.sequences.first
        known[first] = nil
        if isUnreadable { unreadable.insert(first) }
    }

    /// Forgets what is before the first part.
    mutating func removed(before sequence: Sequence) {
        known = known.filter { $0.key >= sequence }
        unreadable = unreadable.filter { $0 >= sequence }
    }
}
