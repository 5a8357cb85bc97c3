import AuditModel

/// An event as it was read, to be compared.
struct ReadEvent: Equatable {
    var sequence: Sequence
    var id: EventID
    var occurredAt: Timestamp
    var recordedAt: Timestamp
    var organization: [UInt8]
    var payload: [UInt8]

    init(_ view: EventView) {
        sequence = view.sequence
        id = view.id
        occurredAt = view.occurredAt
        recordedAt = view.recordedAt
        organization = Array(view.organization)
        payload = Array(view.payload)
    }
}
