import AuditModel

/// What subscriptions want to have read, in the order in which they asked: who asked first is served
/// first, and each asks for one reading at a time, so that all of them go on equally.
///
/// Bounded by the subscriptions that wait: one that ends leaves, and takes its reading along when
/// nobody else waits for it.
struct CatchUpQueue<Waiter: Hashable> {
    /// A reading, and those who wait for it.
    struct Task {
        var group: FeedGroup
        var position: Sequence
        var waiters: Set<Waiter>
    }

    private var tasks = TurnQueue<PortionCache.Key, Task>()

    var isEmpty: Bool { tasks.isEmpty }

    /// Joins who waits for the same reading already.
    mutating func add(_ waiter: Waiter, _ group: FeedGroup, after position: Sequence) {
        let key = PortionCache.Key(group: group.id, position: position)
        if tasks[key] == nil {
            tasks[key] = Task(group: group, position: position, waiters: [])
        }
        tasks[key]?.waiters.insert(waiter)
    }

    /// The waiter is gone, if it still waits.
    mutating func remove(_ waiter: Waiter, _ group: FeedGroup, after position: Sequence) {
        let key = PortionCache.Key(group: group.id, position: position)
        tasks[key]?.waiters.remove(waiter)
        if tasks[key]?.waiters.isEmpty == true { tasks[key] = nil }
    }

    /// Who asked first.
    mutating func take() -> Task? { tasks.popFirst() }
}

/// How much of its time the reading thread may take from those who record.
struct CatchUpAllowance {
    /// Of the thread's time, while events are recorded; 1 when none are.
    let share: Double
    /// The longest rest: a reading that took long for other reasons must not stop the rest for as long.
    let restMax: Duration
    private var head: Sequence

    init(share: Double, restMax: Duration, head: Sequence) {
        precondition(share > 0 && share <= 1)
        self.share = share
        self.restMax = restMax
        self.head = head
    }

    /// How long to rest after a reading that took `duration`.
    mutating func rest(after duration: Duration, head: Sequence) -> Duration {
        defer { self.head = head }
        guard head != self.head else { return .zero }
        return min(duration * ((1 - share) / share), restMax)
    }
}

extension CatchUpQueue: Sendable where Waiter: Sendable {}
extension CatchUpQueue.Task: Sendable where Waiter: Sendable {}
