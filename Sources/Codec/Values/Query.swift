public import AuditModel

/// `auditrpc.v1.QueryRequest`.
public struct QueryRequest: Hashable, Sendable {
    /// Empty for all organizations.
    public var organizationID: String
    public var filter: EventFilter
    public var order: Order
    /// Events at most: 0 means 100, above 1,000 means 1,000.
    public var pageSize: Int32
    public var pageToken: String

    public init(
        organizationID: String = "", filter: EventFilter = EventFilter(),
        order: Order = .unspecified, pageSize: Int32 = 0, pageToken: String = ""
    ) {
        self.organizationID = organizationID
        self.filter = filter
        self.order = order
        self.pageSize = pageSize
        self.pageToken = pageToken
    }
}

/// `auditrpc.v1.QueryResponse`, for clients; the server writes it with `QueryResponseWriter`.
public struct QueryResponse: Hashable, Sendable {
    public var events: [Event]
    /// Empty when the query is complete.
    public var nextPageToken: String
    /// The last sequence that the page looked at; zero when it looked at none.
    public var scannedThrough: Sequence
    public var oldestSequence: Sequence
    /// What could not be read: events may be missing there.
    public var unreadable: [SequenceRange]

    public init(
        events: [Event] = [], nextPageToken: String = "", scannedThrough: Sequence = .zero,
        oldestSequence: Sequence = .zero, unreadable: [SequenceRange] = []
    ) {
        self.events = events
        self.nextPageToken = nextPageToken
        self.scannedThrough = scannedThrough
        self.oldestSequence = oldestSequence
        self.unreadable = unreadable
    }
}
