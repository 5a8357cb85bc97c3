import Codec

/// One Record request from the moment it is queued to its answer.
///
/// An object, because it passes through three threads: handing on one reference costs less than
/// copying everything in it, whose counts those threads would fight over.
final class RecordJob<Ticket: Sendable>: @unchecked Sendable {
    // @unchecked: `outcome` is written once by the committer, before it hands the job on.
    let request: PreparedRequest
    /// Names who waits for the answer.
    let ticket: Ticket
    /// One outcome for each event in order, or why nothing of the request was stored. Set when the
    /// job comes back.
    private(set) var outcome: Result<EventOutcomes, ServiceError> = .success(.each([]))

    init(_ request: PreparedRequest, ticket: Ticket) {
        self.request = request
        self.ticket = ticket
    }

    func finish(_ outcome: Result<EventOutcomes, ServiceError>) {
        self.outcome = outcome
    }

    /// What it takes of the queue, and of a group commit.
    func size(refusalBytes: Int) -> QueuedSize {
        QueuedSize(
            events: request.events.count,
            bytes: request.bytes.count + request.rejections.count * refusalBytes)
    }

    /// Names whose request it is: a hash of the organization of its first event.
    ///
    /// Two tenants with the same hash would share a lane, which harms nothing; it is seeded anew in each process, so
    /// that nobody can choose with whom.
    var tenant: Int {
        guard let event = request.events.first(where: { $0.rejection == nil }) else { return 0 }
        var hasher = Hasher()
        request.bytes.withUnsafeBytes {
            hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0[event.organization]))
        }
        return hasher.finalize()
    }
}
