public import AuditModel

/// `auditrpc.v1.RecordRequest`, for clients; the server reads it with `RecordDecoder`.
public struct RecordRequest: Hashable, Sendable {
    /// Of every event that names none.
    public var organizationID: String
    /// 1 to 1,000.
    public var events: [Event]
    public var partialSuccess: Bool

    public init(organizationID: String = "", events: [Event], partialSuccess: Bool = false) {
        self.organizationID = organizationID
        self.events = events
        self.partialSuccess = partialSuccess
    }
}

/// `auditrpc.v1.RecordResponse`, for clients; the server writes it with `RecordResponseWriter`.
public struct RecordResponse: Hashable, Sendable {
    /// One for each event of the request, in order.
    public var results: [RecordResult]
    /// RecordStream only: why the request was refused as a whole.
    public var status: StatusDetails?

    public init(results: [RecordResult], status: StatusDetails? = nil) {
        self.results = results
        self.status = status
    }
}

/// What became of one event.
public struct RecordResult: Hashable, Sendable {
    public var id: String
    public var sequence: Sequence
    public var recordedAt: Timestamp?
    /// It was there already with the same content.
    public var duplicate: Bool
    /// With partial success: why this event was not stored.
    public var error: StatusDetails?

    public init(
        id: String = "", sequence: Sequence = .zero, recordedAt: Timestamp? = nil,
        duplicate: Bool = false, error: StatusDetails? = nil
    ) {
        self.id = id
        self.sequence = sequence
        self.recordedAt = recordedAt
        self.duplicate = duplicate
        self.error = error
    }
}
