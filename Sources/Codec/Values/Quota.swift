public import AuditModel

/// `auditrpc.v1.Quota`: what an organization, or the holder of one token, may take. Zero: no limit.
public struct Quota: Hashable, Sendable {
    public var eventsPerSecond: UInt32
    public var bytesPerDay: UInt64
    /// Subscriptions at the same time.
    public var subscribers: UInt32
    /// Milliseconds of a reading thread.
    public var queryMillisPerSecond: UInt32

    public init(
        eventsPerSecond: UInt32 = 0, bytesPerDay: UInt64 = 0, subscribers: UInt32 = 0,
        queryMillisPerSecond: UInt32 = 0
    ) {
        self.eventsPerSecond = eventsPerSecond
        self.bytesPerDay = bytesPerDay
        self.subscribers = subscribers
        self.queryMillisPerSecond = queryMillisPerSecond
    }

    /// No limit at all.
    public static let unlimited = Quota()
}

/// `auditrpc.v1.SubjectQuota`: the quota of one organization or token, or the default.
public struct SubjectQuota: Hashable, Sendable {
    /// Of a token, that of the token; empty of the default.
    public var organizationID: String
    /// Empty of an organization and of the default.
    public var tokenID: String
    /// Nil for none.
    public var quota: Quota?
    /// The organization has no quota of its own: the default holds.
    public var inherited: Bool

    public init(
        organizationID: String = "", tokenID: String = "", quota: Quota? = nil,
        inherited: Bool = false
    ) {
        self.organizationID = organizationID
        self.tokenID = tokenID
        self.quota = quota
        self.inherited = inherited
    }
}

/// `auditrpc.v1.SetQuotaRequest`.
public struct SetQuotaRequest: Hashable, Sendable {
    /// Empty for a token, and for the default.
    public var organizationID: String
    /// Empty for an organization, and for the default.
    public var tokenID: String
    /// In place of the one before; nil removes it.
    public var quota: Quota?
    /// For the event that tells of it.
    public var reason: String

    public init(
        organizationID: String = "", tokenID: String = "", quota: Quota? = nil, reason: String = ""
    ) {
        self.organizationID = organizationID
        self.tokenID = tokenID
        self.quota = quota
        self.reason = reason
    }
}

/// `auditrpc.v1.SetQuotaResponse`.
public struct SetQuotaResponse: Hashable, Sendable {
    public var before: SubjectQuota
    public var after: SubjectQuota
    /// Of the event that tells of it; zero when nothing changed, and when it could not be stored.
    public var eventSequence: Sequence

    public init(
        before: SubjectQuota = SubjectQuota(), after: SubjectQuota = SubjectQuota(),
        eventSequence: Sequence = .zero
    ) {
        self.before = before
        self.after = after
        self.eventSequence = eventSequence
    }
}

/// `auditrpc.v1.ListQuotasRequest`.
public struct ListQuotasRequest: Hashable, Sendable {
    /// Empty for that of the caller; of an operator's, all.
    public var organizationID: String
    /// At most: 0 means 1,000, above 1,000 means 1,000.
    public var pageSize: Int32
    /// Of the previous page.
    public var pageToken: String

    public init(organizationID: String = "", pageSize: Int32 = 0, pageToken: String = "") {
        self.organizationID = organizationID
        self.pageSize = pageSize
        self.pageToken = pageToken
    }
}

/// `auditrpc.v1.ListQuotasResponse`.
public struct ListQuotasResponse: Hashable, Sendable {
    /// The default, organizations by id, tokens by id.
    public var quotas: [SubjectQuota]
    /// Empty when the list is complete.
    public var nextPageToken: String

    public init(quotas: [SubjectQuota] = [], nextPageToken: String = "") {
        self.quotas = quotas
        self.nextPageToken = nextPageToken
    }
}
