import AuditModel

/// What became of one event of a Record request.
enum EventOutcome: Sendable {
    /// On stable storage, by this request.
    case stored(Sequence, Timestamp)
    /// Stored before, with the same content.
    case duplicate(Sequence, Timestamp)
    case refused(ServiceError)
}

/// What became of the events of a request, in their order.
enum EventOutcomes: RandomAccessCollection, Sendable {
    /// All are stored, one sequence after the other: what nearly every request comes to, and takes no list.
    case stored(first: Sequence, count: Int, Timestamp)
    case each([EventOutcome])

    var startIndex: Int { 0 }

    var endIndex: Int {
        switch self {
        case .stored(_, let count, _): count
        case .each(let outcomes): outcomes.count
        }
    }

    subscript(position: Int) -> EventOutcome {
        switch self {
        case .stored(let first, _, let recordedAt): .stored(first + position, recordedAt)
        case .each(let outcomes): outcomes[position]
        }
    }
}
