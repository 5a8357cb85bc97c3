import AuditModel
import Codec
import EventStore

/// Takes Record requests from any thread and stores them in order, from one thread, in group
/// commits without timers: while one batch syncs, the next one gathers.
///
/// OK is said only after the sync. `Ticket` is whatever the caller needs to find who waits for an
/// answer.
final class Recorder<Ticket: Sendable>: Sendable {
    private let queue: Mailbox<RecorderQueue<Ticket>>
    private let thread: BackgroundThread

    /// - Parameters:
    ///   - published: called after each sync with what was stored, before the answers; on the committer's thread.
    ///   - answered: called once for each group commit with all its jobs, which now know their
    ///     outcome; on the committer's thread.
    init(
        store: EventStore, sequences: SequenceBook, limits: ServiceLimits,
        now: @escaping @Sendable () -> Timestamp,
        published: @escaping @Sendable (EventBatch) -> Void,
        answered: @escaping @Sendable ([RecordJob<Ticket>]) -> Void
    ) {
        let queue = Mailbox(RecorderQueue<Ticket>(limits: limits))
        self.queue = queue
        thread = BackgroundThread("committer") {
            var committer = Committer<Ticket>(store: store, sequences: sequences, now: now)
            while case .jobs(let jobs) = queue.wait(until: { $0.take() }) {
                if let batch = committer.commit(jobs) { published(batch) }
                answered(jobs)
            }
        }
    }

    /// Queues one request; its answer comes by `answered`. Never waits.
    ///
    /// - Returns: why it was not taken (the queue is full, the server shuts down); nil when it was.
    func submit(
        _ request: consuming PreparedRequest, ticket: consuming Ticket
    ) -> ServiceError? {
        let job = RecordJob(request, ticket: ticket)
        return queue.update { $0.add(job) }
    }

    /// Stores and answers what was submitted, then ends. Call it once.
    func stop() {
        queue.update { $0.end() }
        thread.join()
    }
}
