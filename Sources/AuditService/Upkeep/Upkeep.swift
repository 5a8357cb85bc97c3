import EventStore
import Logging

/// Seals full logs and sweeps what retention lets go, on a thread of its own: either may take seconds
/// and waits for the disk, and neither holds up recording or reading.
final class Upkeep: Sendable {
    private let store: EventStore
    private let mailbox: Mailbox<UpkeepPlan>
    private let thread: BackgroundThread

    /// Begins with a sweep.
    ///
    /// - Parameter sweepInterval: from one sweep to the next.
    init(store: EventStore, sweepInterval: Duration, logger: Logger) {
        let mailbox = Mailbox(UpkeepPlan(sweepInterval: sweepInterval))
        let worker = UpkeepWorker(store: store, logger: logger)
        (self.store, self.mailbox) = (store, mailbox)
        thread = BackgroundThread {
            while true {
                let task = mailbox.wait { $0.next() }
                guard task != .end else { return }
                let outcome = worker.run(task)
                mailbox.update { $0.finished(task, outcome) }
            }
        }
    }

    /// Looks whether there is something to do; called about once a second.
    ///
    /// - Parameter uptime: of a clock that only counts time that passed.
    func tick(uptime: Duration) {
        let hasSealable = store.hasSealable
        mailbox.update { $0.tick(uptime: uptime, hasSealable: hasSealable) }
    }

    /// Ends what is under way, early, and waits for it. What it did not come to is done after the next
    /// start.
    func stop() {
        store.endMaintenance()
        mailbox.update { $0.end() }
        thread.join()
    }
}

/// What the thread is to do next. Told of time; reads no clock.
struct UpkeepPlan {
    enum Task: Hashable {
        case sweep
        case seal
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
    private var hasSealable = false
    /// A seal that failed is not tried again before.
    private var sealsFrom: Duration = .zero
    private var isEnding = false

    init(sweepInterval: Duration) {
        self.sweepInterval = sweepInterval
    }

    mutating func tick(uptime: Duration, hasSealable: Bool) {
        self.uptime = uptime
        self.hasSealable = hasSealable
        if let sweptAt, uptime - sweptAt >= sweepInterval { isSweepDue = true }
        sweptAt = sweptAt ?? uptime
    }

    mutating func end() { isEnding = true }

    /// Nil when there is nothing to do. A sweep goes first: it makes room, and what it removes need not
    /// be sealed.
    mutating func next() -> Task? {
        if isEnding { return .end }
        if isSweepDue {
            isSweepDue = false
            sweptAt = uptime
            return .sweep
        }
        guard hasSealable, uptime >= sealsFrom else { return nil }
        return .seal
    }

    mutating func finished(_ task: Task, _ outcome: Outcome) {
        guard task == .seal, outcome != .done else { return }
        hasSealable = false
        if outcome == .failed { sealsFrom = uptime + sweepInterval }
    }
}
