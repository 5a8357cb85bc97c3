import AuditModel

/// What retention shows at the moment, and when that changes next. Told of time and of what the
/// store finds; reads neither clock nor disk.
struct RetentionState: Sendable {
    private(set) var visibility: Visibility
    /// When the event at each floor was recorded; nil when nothing is stored there yet.
    private var recordedAt: [Timestamp?]
    /// Everything below it that is not under legal hold was let go by the size cap; zero for nothing.
    private(set) var capFloor = Sequence.zero
    /// Up to where nothing of that is on the disk any more, by these rules; at most `capFloor`.
    private(set) var capDone = Sequence.zero
    /// What the size cap cannot let go by these rules, when it was looked at last.
    var spared: SparedBytes?

    /// Nothing is hidden yet.
    ///
    /// - Parameters:
    ///   - oldest: the first sequence on disk.
    ///   - recordedAt: of that event; nil when there is none.
    init(_ plan: CompiledRetention, oldest: Sequence, recordedAt: Timestamp?) {
        visibility = Visibility(plan, oldest: oldest)
        self.recordedAt = Array(repeating: recordedAt, count: plan.ages.count)
    }

    /// An age whose floor must move.
    struct Due: Equatable {
        fileprivate var plan: ObjectIdentifier
        fileprivate var ageIndex: Int
        /// What was recorded before it has expired.
        var cutoff: Timestamp
    }

    /// The ages of which events expired since their floor was set.
    func due(at now: Timestamp) -> [Due] {
        var due: [Due] = []
        for (index, age) in visibility.plan.ages.enumerated() {
            guard let age, let recordedAt = recordedAt[index] else { continue }
            let cutoff = now.advanced(by: .zero - age)
            guard recordedAt < cutoff else { continue }
            due.append(
                Due(plan: ObjectIdentifier(visibility.plan), ageIndex: index, cutoff: cutoff))
        }
        return due
    }

    /// Hides everything of that age below `floor`, whose event was recorded at `recordedAt`; nil
    /// when there is none yet. A floor never goes back, and rules that were replaced meanwhile have
    /// no say.
    mutating func hide(_ due: Due, below floor: Sequence, recordedAt: Timestamp?) {
        guard due.plan == ObjectIdentifier(visibility.plan),
            floor > visibility.floors[due.ageIndex]
        else { return }
        visibility.floors[due.ageIndex] = floor
        self.recordedAt[due.ageIndex] = recordedAt
    }

    /// Hides everything below `floor` that is not under legal hold; its event was recorded at
    /// `recordedAt`, nil when there is none yet.
    mutating func drop(below floor: Sequence, recordedAt: Timestamp?) {
        capFloor = max(capFloor, floor)
        for index in visibility.floors.indices
        where index != visibility.plan.heldIndex && floor > visibility.floors[index] {
            visibility.floors[index] = floor
            self.recordedAt[index] = recordedAt
        }
    }

    /// Likewise, where a file of `parts` begins with the floor.
    mutating func drop(below floor: Sequence, in parts: StoreParts) {
        drop(below: floor, recordedAt: parts.part(holding: floor)?.oldestRecordedAt)
    }

    /// What the size cap let go below `floor` is gone from the disk.
    mutating func finishDrop(below floor: Sequence) { capDone = max(capDone, floor) }

    /// A log that begins there was sealed: now it is known what of it is under legal hold.
    mutating func sealed(from first: Sequence) { capDone = min(capDone, first) }

    /// A frame was stored: the first event of every floor that had none.
    mutating func appended(recordedAt time: Timestamp) {
        // A loop without a copy: this runs with each commit.
        for index in recordedAt.indices where recordedAt[index] == nil { recordedAt[index] = time }
    }

    /// The events through `sequence` are gone from the disk.
    mutating func removed(through sequence: Sequence) {
        for index in visibility.floors.indices {
            visibility.floors[index] = max(visibility.floors[index], sequence.next)
        }
    }
}
