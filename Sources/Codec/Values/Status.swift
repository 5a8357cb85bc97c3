public import AuditModel

/// `auditrpc.v1.GetStatusRequest`.
public struct GetStatusRequest: Hashable, Sendable {
    public init() {}
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
    /// Nil when the server does not say.
    public var feed: FeedStatus?

    public init(
        headSequence: Sequence = .zero, oldestSequence: Sequence = .zero, eventCount: UInt64 = 0,
        storedBytes: UInt64 = 0, retention: Duration? = nil, version: String = "",
        startedAt: Timestamp? = nil, subscriberCount: UInt32 = 0, refusingWrites: String = "",
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
        self.feed = feed
    }
}

/// `auditrpc.v1.FeedStatus`: what the live feed does, over all organizations. Counts are since the
/// start of the server.
public struct FeedStatus: Hashable, Sendable {
    public var liveCount: UInt32 = 0
    /// Behind what memory holds.
    public var catchingUpCount: UInt32 = 0
    /// Have taken nothing for a while.
    public var stuckCount: UInt32 = 0
    /// Different filters that are followed.
    public var filterCount: UInt32 = 0
    /// What subscribers were sent: what ten of them were sent counts ten times.
    public var deliveredEvents: UInt64 = 0
    /// Of events.
    public var deliveredBytes: UInt64 = 0
    public var deliveredMessages: UInt64 = 0
    /// Messages that were made, whoever was sent them.
    public var packedMessages: UInt64 = 0
    public var fellBehindCount: UInt64 = 0
    public var gapCount: UInt64 = 0
    public var gapSequences: UInt64 = 0
    /// How far subscribers are behind the head; nil when there are none.
    public var lagMedian: FeedLag?
    public var lagP99: FeedLag?
    public var lagLargest: FeedLag?

    public init() {}
}

/// `auditrpc.v1.FeedLag`: how far behind the head one subscriber is.
public struct FeedLag: Hashable, Sendable {
    public var events: UInt64
    /// Since the first of them was recorded; nil when the server could not say.
    public var time: Duration?

    public init(events: UInt64 = 0, time: Duration? = .zero) {
        self.events = events
        self.time = time
    }
}
