/// What the thread is to do next. Told of time; reads no clock.
struct UpkeepPlan {
    enum Task: Hashable {
        case sweep
        case seal
        /// Lets go what is beyond the size cap.
        case drop
        case reindex
        case end
    }

    enum Outcome {
        case done
        case nothingToDo
        /// Trying again at once would fail again.
        case failed
    }

    private let sweepInterval: Duration
    private var uptime: Duration = .zero
    private var sweptAt: Duration?
    private var isSweepDue = true
    /// What there is to do beside sweeps.
    private var waiting: Set<Task> = []
    /// What failed is not tried again before.
    private var pausedUntil: [Task: Duration] = [:]
    private var isEnding = false

    init(sweepInterval: Duration) {
        self.sweepInterval = sweepInterval
    }

    mutating func tick(uptime: Duration, waiting: Set<Task>) {
        self.uptime = uptime
        self.waiting = waiting
        if let sweptAt, uptime - sweptAt >= sweepInterval { isSweepDue = true }
        sweptAt = sweptAt ?? uptime
    }

    mutating func end() { isEnding = true }

    /// Nil when there is nothing to do. A sweep goes first: it makes room, and what it removes need not
    /// be sealed. A seal goes before an index, since logs that wait for it hold memory, and
    /// before the size cap, since a segment is a fraction of its log.
    mutating func next() -> Task? {
        if isEnding { return .end }
        if isSweepDue {
            isSweepDue = false
            sweptAt = uptime
            return .sweep
        }
        return [.seal, .drop, .reindex].first { task in
            waiting.contains(task) && uptime >= pausedUntil[task] ?? .zero
        }
    }

    mutating func finished(_ task: Task, _ outcome: Outcome) {
        guard outcome != .done else { return }
        waiting.remove(task)
        if outcome == .failed, task != .sweep { pausedUntil[task] = uptime + sweepInterval }
    }
}
