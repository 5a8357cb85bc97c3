public import AuditModel

/// `auditrpc.v1.GetStatusRequest`.
public struct GetStatusRequest: Hashable, Sendable {
    /// Empty for that of the caller; of an operator's, all.
    public var organizationID: String

    public init(organizationID: String = "") {
        self.organizationID = organizationID
    }
}

/// `auditrpc.v1.GetStatusResponse`: what a server holds.
public struct GetStatusResponse: Hashable, Sendable {
    /// The newest; zero when nothing was ever stored.
    public var headSequence: Sequence
    /// The oldest kept; one after the head when nothing is kept.
    public var oldestSequence: Sequence
    public var eventCount: UInt64
    /// On disk.
    public var storedBytes: UInt64
    /// The longest age an event may reach; nil when events are kept for ever.
    public var retention: Duration?
    public var version: String
    public var startedAt: Timestamp?
    public var subscriberCount: UInt32
    /// Empty while events are accepted; otherwise why they are not.
    public var refusingWrites: String
    /// Nil from a server that does not say.
    public var store: StoreStatus?
    /// Nil when the server does not say.
    public var feed: FeedStatus?

    public init(
        headSequence: Sequence = .zero, oldestSequence: Sequence = .zero, eventCount: UInt64 = 0,
        storedBytes: UInt64 = 0, retention: Duration? = nil, version: String = "",
        startedAt: Timestamp? = nil, subscriberCount: UInt32 = 0, refusingWrites: String = "",
        store: StoreStatus? = nil,
        feed: FeedStatus? = nil
    ) {
        self.headSequence = headSequence
        self.oldestSequence = oldestSequence
        self.eventCount = eventCount
        self.storedBytes = storedBytes
        self.retention = retention
        self.version = version
        self.startedAt = startedAt
        self.subscriberCount = subscriberCount
        self.refusingWrites = refusingWrites
        self.store = store
        self.feed = feed
    }
}
