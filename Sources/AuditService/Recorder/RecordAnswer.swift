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

/// What the committer says to one Record request.
struct RecordAnswer<Ticket: Sendable>: Sendable {
    /// As it was submitted: names who waits for the answer.
    var ticket: Ticket
    var request: PreparedRequest
    /// One outcome for each event in order, or why nothing of the request was stored.
    var outcome: Result<[EventOutcome], ServiceError>
}
