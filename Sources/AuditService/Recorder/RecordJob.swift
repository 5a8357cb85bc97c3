import AuditModel
import Codec

/// What became of one event of a Record request.
enum EventOutcome: Sendable {
    /// On stable storage, by this request.
    case stored(Sequence, Timestamp)
    /// Stored before, with the same content.
    case duplicate(Sequence, Timestamp)
    case refused(ServiceError)
}

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
    private(set) var outcome: Result<[EventOutcome], ServiceError> = .success([])

    init(_ request: PreparedRequest, ticket: Ticket) {
        self.request = request
        self.ticket = ticket
    }

    func finish(_ outcome: Result<[EventOutcome], ServiceError>) {
        self.outcome = outcome
    }

    /// What it takes of the queue's memory.
    func queuedBytes(refusalBytes: Int) -> Int {
        request.bytes.count + request.rejections.count * refusalBytes
    }
}
