import Codec

/// The Record requests that wait for the committer: bounded, and so that nobody waits for the flood of another.
///
/// As long as all that waits fits into one group commit, it is taken as it came. Once it is more, it waits in lanes by
/// tenant, of which each commit takes a share.
struct RecorderQueue<Ticket: Sendable> {
    /// All that waits, in order; empty while there are lanes.
    private var arrived: [RecordJob<Ticket>] = []
    private var lanes: FairLanes<Ticket>
    private var waiting = QueuedSize.zero
    private var ended = false

    private let sizeMax: QueuedSize
    /// Above it there are lanes: no commit takes more, nor may one tenant's requests be more.
    private let arrivedMax: QueuedSize
    private let refusalBytes: Int

    init(limits: ServiceLimits) {
        refusalBytes = limits.refusalBytes
        sizeMax = QueuedSize(
            events: limits.recorderQueueEventsMax, bytes: limits.recorderQueueBytesMax)
        let commitMax = QueuedSize(events: limits.commitEventsMax, bytes: limits.commitBytesMax)
        arrivedMax = QueuedSize(
            events: min(commitMax.events, sizeMax.events / 2),
            bytes: min(commitMax.bytes, sizeMax.bytes / 2))
        lanes = FairLanes(commitMax: commitMax, refusalBytes: refusalBytes)
    }

    /// Nil when the job was taken.
    mutating func add(_ job: RecordJob<Ticket>) -> ServiceError? {
        guard !ended else {
            return ServiceError(.unavailable, "the server is shutting down; nothing was stored")
        }
        let size = job.size(refusalBytes: refusalBytes)
        let total = waiting + size
        if lanes.isEmpty, total.fits(in: arrivedMax) {
            waiting = total
            arrived.append(job)
            return nil
        }
        guard total.fits(in: sizeMax) else {
            return Self.full("the server has as much to store as it may")
        }
        let tenant = job.tenant
        openLanes()
        let own = lanes.size(of: tenant)
        // As much as is free, at most (Choudhury and Hahne, 1998): half of the queue for one tenant alone, a third for
        // each of two, and there is always room for one more.
        guard own == .zero || (own + size).fits(in: sizeMax - total) else {
            return Self.full(
                "\(own.events) events of this organization (\(own.bytes) bytes) wait to be stored already"
            )
        }
        waiting = total
        lanes.add(job, of: tenant)
        return nil
    }

    private mutating func openLanes() {
        for job in arrived { lanes.add(job, of: job.tenant) }
        arrived = []
    }

    /// How much waits of all together is nobody's business.
    private static func full(_ what: String) -> ServiceError {
        ServiceError(
            .busy, "\(what); nothing of this request was stored: send it again a little later")
    }

    enum Taken: Sendable {
        /// At least one.
        case jobs([RecordJob<Ticket>])
        case ended
    }

    /// What one group commit takes; nil when nothing waits yet. Of each tenant in the order in which it came.
    mutating func take() -> Taken? {
        guard lanes.isEmpty else {
            let (jobs, size) = lanes.take()
            waiting = waiting - size
            return .jobs(jobs)
        }
        guard !arrived.isEmpty else { return ended ? .ended : nil }
        defer {
            arrived = []
            waiting = .zero
        }
        return .jobs(arrived)
    }

    /// Refuses what comes from now on; what waits is still stored.
    mutating func end() {
        ended = true
    }
}
