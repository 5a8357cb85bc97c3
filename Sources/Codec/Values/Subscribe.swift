public import AuditModel

/// `auditrpc.v1.SubscribeRequest`.
public struct SubscribeRequest: Hashable, Sendable {
    /// Empty for all organizations.
    public var organizationID: String
    public var filter: EventFilter
    public var start: Start
    public var onGap: OnGap
    /// 0.1 to 300 seconds; nil for the server's choice.
    public var progressInterval: Duration?

    public enum Start: Hashable, Sendable {
        case now
        case oldest
        /// Exclusive.
        case after(Sequence)
        /// Inclusive; compared with recorded_at.
        case since(Timestamp)
    }

    public init(
        organizationID: String = "", filter: EventFilter = EventFilter(), start: Start = .now,
        onGap: OnGap = .unspecified, progressInterval: Duration? = nil
    ) {
        self.organizationID = organizationID
        self.filter = filter
        self.start = start
        self.onGap = onGap
        self.progressInterval = progressInterval
    }
}

/// `auditrpc.v1.SubscribeResponse`.
public enum SubscribeResponse: Hashable, Sendable {
    /// First in every stream.
    case started(head: Sequence, oldest: Sequence)
    /// In order of sequence. The server writes it with `EventsMessageWriter`.
    case events([Event])
    /// Every matching event up to it has been sent.
    case progress(Sequence)
    /// From here on the stream is live.
    case caughtUp(Sequence)
    /// Now served from disk; nothing is lost.
    case fellBehind(Sequence)
    /// Events that retention took before they could be sent.
    case gap(SequenceRange, reason: String)
    /// A kind of a later version of the contract: to be ignored.
    case unknown
}
