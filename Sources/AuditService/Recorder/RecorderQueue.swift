import Codec

/// The Record requests that wait for the committer: first come, first stored, and bounded.
struct RecorderQueue<Ticket: Sendable> {
    private var jobs: [RecordJob<Ticket>] = []
    private var bytes = 0
    private var events = 0
    private var ended = false
    private let limits: ServiceLimits

    init(limits: ServiceLimits) {
        self.limits = limits
    }

    /// Nil when the job was taken.
    mutating func add(_ job: RecordJob<Ticket>) -> ServiceError? {
        guard !ended else {
            return ServiceError(.unavailable, "the server is shutting down; nothing was stored")
        }
        let addedBytes = job.queuedBytes(refusalBytes: limits.refusalBytes)
        let addedEvents = job.request.events.count
        guard bytes + addedBytes <= limits.recorderQueueBytesMax,
            events + addedEvents <= limits.recorderQueueEventsMax
        else {
            return ServiceError(
                .busy,
                "\(events) events (\(bytes) bytes) wait to be stored already; "
                    + "nothing of this request was: send it again a little later")
        }
        bytes += addedBytes
        events += addedEvents
        jobs.append(job)
        return nil
    }

    enum Taken: Sendable {
        /// At least one.
        case jobs([RecordJob<Ticket>])
        case ended
    }

    /// What one group commit takes, in order; nil when nothing waits yet.
    mutating func take() -> Taken? {
        guard !jobs.isEmpty else { return ended ? .ended : nil }
        var takenBytes = 0
        var takenEvents = 0
        var end = 0
        for job in jobs {
            let jobBytes = job.queuedBytes(refusalBytes: limits.refusalBytes)
            let fits =
                takenBytes + jobBytes <= limits.commitBytesMax
                && takenEvents + job.request.events.count <= limits.commitEventsMax
            guard fits || end == 0 else { break }
            takenBytes += jobBytes
            takenEvents += job.request.events.count
            end += 1
        }
        bytes -= takenBytes
        events -= takenEvents
        guard end < jobs.count else {
            defer { jobs = [] }
            return .jobs(jobs)
        }
        let taken = Array(jobs[..<end])
        jobs.removeSubrange(..<end)
        return .jobs(taken)
    }

    /// Refuses what comes from now on; what waits is still stored.
    mutating func end() {
        ended = true
    }
}
