public import AuditModel

/// What a plan of the platform keeps: `auditrpc.v1.RetentionPlan`.
public enum RetentionPlan: Int32, WireEnumeration {
    case unspecified = 0
    case user
    case team
    case business
    case enterprise

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .user: "USER"
        case .team: "TEAM"
        case .business: "BUSINESS"
        case .enterprise: "ENTERPRISE"
        }
    }

    /// The age that comes with the plan; nil where the policy says it.
    public var maxAge: Duration? {
        switch self {
        case .unspecified, .enterprise: nil
        case .user: .seconds(3 * 86_400)
        case .team: .seconds(7 * 86_400)
        case .business: .seconds(30 * 86_400)
        }
    }
}

/// `auditrpc.v1.RetentionPolicy`: how long events are kept.
public struct RetentionPolicy: Hashable, Sendable {
    public var plan: RetentionPlan
    /// The longest age that an event may reach, counted from recorded_at; nil for that of the plan, and without one
    /// for ever.
    public var maxAge: Duration?

    public init(plan: RetentionPlan = .unspecified, maxAge: Duration? = nil) {
        self.plan = plan
        self.maxAge = maxAge
    }

    /// The age that holds; nil when events are kept for ever.
    public var effectiveAge: Duration? { maxAge ?? plan.maxAge }
}

/// `auditrpc.v1.OrganizationRetention`: what holds for one organization.
public struct OrganizationRetention: Hashable, Sendable {
    /// Empty for the default policy.
    public var organizationID: String
    public var policy: RetentionPolicy
    /// The organization has no policy of its own: the default one holds.
    public var inherited: Bool
    /// Nothing is hidden or removed, whatever the policy says.
    public var legalHold: Bool

    public init(
        organizationID: String = "", policy: RetentionPolicy = RetentionPolicy(),
        inherited: Bool = false, legalHold: Bool = false
    ) {
        self.organizationID = organizationID
        self.policy = policy
        self.inherited = inherited
        self.legalHold = legalHold
    }
}

/// `auditrpc.v1.GetRetentionRequest`.
public struct GetRetentionRequest: Hashable, Sendable {
    /// Empty for the default policy.
    public var organizationID: String

    public init(organizationID: String = "") {
        self.organizationID = organizationID
    }
}

/// `auditrpc.v1.GetRetentionResponse`.
public struct GetRetentionResponse: Hashable, Sendable {
    public var retention: OrganizationRetention
    /// The oldest that is shown of the organization.
    public var oldestSequence: Sequence

    public init(
        retention: OrganizationRetention = OrganizationRetention(),
        oldestSequence: Sequence = .zero
    ) {
        self.retention = retention
        self.oldestSequence = oldestSequence
    }
}

/// `auditrpc.v1.ListRetentionRequest`.
public struct ListRetentionRequest: Hashable, Sendable {
    /// At most: 0 means 1,000, above 10,000 means 10,000.
    public var pageSize: Int32
    /// Of the previous page.
    public var pageToken: String

    public init(pageSize: Int32 = 0, pageToken: String = "") {
        self.pageSize = pageSize
        self.pageToken = pageToken
    }
}

/// `auditrpc.v1.ListRetentionResponse`.
public struct ListRetentionResponse: Hashable, Sendable {
    /// The default policy is the first of the first page; then the organizations, by id.
    public var retentions: [OrganizationRetention]
    /// Empty when the list is complete.
    public var nextPageToken: String

    public init(retentions: [OrganizationRetention] = [], nextPageToken: String = "") {
        self.retentions = retentions
        self.nextPageToken = nextPageToken
    }
}

/// `auditrpc.v1.LegalHold`: what becomes of a hold.
public enum LegalHold: Int32, WireEnumeration {
    case unspecified = 0
    case on
    case off

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .on: "ON"
        case .off: "OFF"
        }
    }
}

/// `auditrpc.v1.SetRetentionRequest`.
public struct SetRetentionRequest: Hashable, Sendable {
    public enum Change: Hashable, Sendable {
        case policy(RetentionPolicy)
        /// The default policy holds again.
        case inherit
    }

    /// Empty for the default policy.
    public var organizationID: String
    /// Nil leaves the policy as it is.
    public var change: Change?
    public var legalHold: LegalHold
    /// For the event that tells of it.
    public var reason: String
    /// Says what would be, and changes nothing.
    public var dryRun: Bool

    public init(
        organizationID: String = "", change: Change? = nil, legalHold: LegalHold = .unspecified,
        reason: String = "", dryRun: Bool = false
    ) {
        self.organizationID = organizationID
        self.change = change
        self.legalHold = legalHold
        self.reason = reason
        self.dryRun = dryRun
    }
}

/// `auditrpc.v1.SetRetentionResponse`.
public struct SetRetentionResponse: Hashable, Sendable {
    public var before: OrganizationRetention
    public var after: OrganizationRetention
    /// The oldest that was shown of the organization (of all, for the default policy).
    public var oldestSequenceBefore: Sequence
    /// Likewise, now.
    public var oldestSequenceAfter: Sequence
    /// Of the event that tells of the change; zero when there is none.
    public var eventSequence: Sequence

    public init(
        before: OrganizationRetention = OrganizationRetention(),
        after: OrganizationRetention = OrganizationRetention(),
        oldestSequenceBefore: Sequence = .zero, oldestSequenceAfter: Sequence = .zero,
        eventSequence: Sequence = .zero
    ) {
        self.before = before
        self.after = after
        self.oldestSequenceBefore = oldestSequenceBefore
        self.oldestSequenceAfter = oldestSequenceAfter
        self.eventSequence = eventSequence
    }
}
