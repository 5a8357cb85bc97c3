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
