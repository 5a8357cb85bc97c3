import EventStore
import Logging

/// Seals full logs, sweeps what retention and the size cap let go and renews outdated indexes, on a
/// thread of its own: each may take seconds and waits for the disk, and none holds up recording or reading.
final class Upkeep: Sendable {
    private let store: EventStore
    private let mailbox: Mailbox<UpkeepPlan>
    private let thread: BackgroundThread

    /// Begins with a sweep.
    ///
    /// - Parameter sweepInterval: from one sweep to the next.
    init(
        store: EventStore, sequences: SequenceBook, sweepInterval: Duration, logger: Logger
    ) {
        let mailbox = Mailbox(UpkeepPlan(sweepInterval: sweepInterval))
        let worker = UpkeepWorker(store: store, sequences: sequences, logger: logger)
        (self.store, self.mailbox) = (store, mailbox)
        thread = BackgroundThread("upkeep") {
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
        var waiting: Set<UpkeepPlan.Task> = []
        if store.hasSealable { waiting.insert(.seal) }
        if store.hasExcess { waiting.insert(.drop) }
        if store.hasOutdatedIndex { waiting.insert(.reindex) }
        mailbox.update { $0.tick(uptime: uptime, waiting: waiting) }
    }

    /// Ends what is under way, early, and waits for it. What it did not come to is done after the next
    /// start.
    func stop() {
        store.endMaintenance()
        mailbox.update { $0.end() }
        thread.join()
    }
}
