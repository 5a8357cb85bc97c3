import AuditModel

/// What subscriptions want to have read, in the order in which they asked: who asked first is served
/// first, and each asks for one reading at a time, so that all of them go on equally.
///
/// Bounded by the number of subscriptions.
struct CatchUpQueue<Waiter> {
    /// A reading, and those who wait for it.
    struct Task {
        var group: FeedGroup
        var position: Sequence
        var waiters: [Waiter]
    }

    private var tasks: [PortionCache.Key: Task] = [:]
    private var order: [PortionCache.Key] = []
    private var head = 0

    var isEmpty: Bool { tasks.isEmpty }

    /// Joins who waits for the same reading already.
    mutating func add(_ waiter: Waiter, _ group: FeedGroup, after position: Sequence) {
        let key = PortionCache.Key(group: group.id, position: position)
        if tasks[key] == nil {
            tasks[key] = Task(group: group, position: position, waiters: [])
            order.append(key)
        }
        tasks[key]?.waiters.append(waiter)
    }

    /// Who asked first.
    mutating func take() -> Task? {
        guard head < order.count else { return nil }
        let key = order[head]
        head += 1
        if head == order.count {
            order.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64, head * 2 >= order.count {
            order.removeFirst(head)
            head = 0
        }
        return tasks.removeValue(forKey: key)
    }
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
