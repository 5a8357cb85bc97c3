public import AuditModel

/// What a caller may do: `auditrpc.v1.Role`.
public enum Role: Int32, WireEnumeration {
    case unspecified = 0
    case recorder
    case reader
    case viewer
    case admin
    case `operator`

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .recorder: "RECORDER"
        case .reader: "READER"
        case .viewer: "VIEWER"
        case .admin: "ADMIN"
        case .operator: "OPERATOR"
        }
    }
}

/// `auditrpc.v1.Token`: what is known of an API token, which is everything but its secret.
public struct Token: Hashable, Sendable {
    public var id: String
    public var name: String
    /// Empty of an operator's.
    public var organizationID: String
    public var role: Role
    /// Of the events that its holder records without one.
    public var source: String
    public var createdAt: Timestamp?
    /// Nil: never.
    public var expiresAt: Timestamp?
    public var revokedAt: Timestamp?
    /// When its secret was made.
    public var rotatedAt: Timestamp?
    /// Until then the secret before is valid as well.
    public var previousSecretUntil: Timestamp?

    public init(
        id: String = "", name: String = "", organizationID: String = "",
        role: Role = .unspecified, source: String = "", createdAt: Timestamp? = nil,
        expiresAt: Timestamp? = nil, revokedAt: Timestamp? = nil, rotatedAt: Timestamp? = nil,
        previousSecretUntil: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.organizationID = organizationID
        self.role = role
        self.source = source
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.rotatedAt = rotatedAt
        self.previousSecretUntil = previousSecretUntil
    }
}

/// `auditrpc.v1.CreateTokenRequest`.
public struct CreateTokenRequest: Hashable, Sendable {
    public var name: String
    /// Empty for that of the caller.
    public var organizationID: String
    public var role: Role
    public var source: String
    /// Nil: it does not expire.
    public var lifetime: Duration?

    public init(
        name: String = "", organizationID: String = "", role: Role = .unspecified,
        source: String = "", lifetime: Duration? = nil
    ) {
        self.name = name
        self.organizationID = organizationID
        self.role = role
        self.source = source
        self.lifetime = lifetime
    }
}

/// What makes or rotates a token answers: `auditrpc.v1.CreateTokenResponse` and `RotateTokenResponse`, which have the
/// same fields.
public struct TokenSecretResponse: Hashable, Sendable {
    public var token: Token
    /// Shown this once.
    public var secret: String
    /// Of the event that tells of it; zero when it could not be stored.
    public var eventSequence: Sequence

    public init(token: Token = Token(), secret: String = "", eventSequence: Sequence = .zero) {
        self.token = token
        self.secret = secret
        self.eventSequence = eventSequence
    }
}

/// `auditrpc.v1.ListTokensRequest`.
public struct ListTokensRequest: Hashable, Sendable {
    /// Empty for that of the caller; of an operator's, all.
    public var organizationID: String
    /// At most: 0 means 1,000, above 1,000 means 1,000.
    public var pageSize: Int32
    public var pageToken: String
    /// Those too that are revoked or have expired.
    public var includeEnded: Bool

    public init(
        organizationID: String = "", pageSize: Int32 = 0, pageToken: String = "",
        includeEnded: Bool = false
    ) {
        self.organizationID = organizationID
        self.pageSize = pageSize
        self.pageToken = pageToken
        self.includeEnded = includeEnded
    }
}

/// `auditrpc.v1.ListTokensResponse`.
public struct ListTokensResponse: Hashable, Sendable {
    /// By id.
    public var tokens: [Token]
    /// Empty when the list is complete.
    public var nextPageToken: String

    public init(tokens: [Token] = [], nextPageToken: String = "") {
        self.tokens = tokens
        self.nextPageToken = nextPageToken
    }
}

/// `auditrpc.v1.RotateTokenRequest`.
public struct RotateTokenRequest: Hashable, Sendable {
    public var id: String
    /// How long the secret of before stays valid; nil for a day.
    public var overlap: Duration?

    public init(id: String = "", overlap: Duration? = nil) {
        self.id = id
        self.overlap = overlap
    }
}

/// `auditrpc.v1.RevokeTokenRequest`.
public struct RevokeTokenRequest: Hashable, Sendable {
    public var id: String
    public var reason: String

    public init(id: String = "", reason: String = "") {
        self.id = id
        self.reason = reason
    }
}

/// `auditrpc.v1.RevokeTokenResponse`.
public struct RevokeTokenResponse: Hashable, Sendable {
    public var token: Token
    /// Of the event that tells of it; zero when it could not be stored, and when nothing changed.
    public var eventSequence: Sequence

    public init(token: Token = Token(), eventSequence: Sequence = .zero) {
        self.token = token
        self.eventSequence = eventSequence
    }
}

/// `auditrpc.v1.CreateViewerTokenRequest`.
public struct CreateViewerTokenRequest: Hashable, Sendable {
    /// Empty for that of the caller.
    public var organizationID: String
    /// What its holder sees, at most.
    public var filter: EventFilter
    /// Nil for 15 minutes.
    public var lifetime: Duration?

    public init(
        organizationID: String = "", filter: EventFilter = EventFilter(), lifetime: Duration? = nil
    ) {
        self.organizationID = organizationID
        self.filter = filter
        self.lifetime = lifetime
    }
}

/// `auditrpc.v1.CreateViewerTokenResponse`.
public struct CreateViewerTokenResponse: Hashable, Sendable {
    public var secret: String
    public var expiresAt: Timestamp?

    public init(secret: String = "", expiresAt: Timestamp? = nil) {
        self.secret = secret
        self.expiresAt = expiresAt
    }
}

/// `auditrpc.v1.GetCallerRequest`.
public struct GetCallerRequest: Hashable, Sendable {
    public init() {}
}

/// `auditrpc.v1.GetCallerResponse`: what the server takes a caller for.
public struct GetCallerResponse: Hashable, Sendable {
    public var credential: CredentialType
    public var id: String
    public var name: String
    public var roles: [Role]
    /// Whose events the caller's calls are about; empty for all.
    public var organizationIDs: [String]
    /// Nil: never.
    public var expiresAt: Timestamp?
    /// What a viewer may see at all; nil for everything of these organizations.
    public var bounds: EventFilter?

    public init(
        credential: CredentialType = .unspecified, id: String = "", name: String = "",
        roles: [Role] = [], organizationIDs: [String] = [], expiresAt: Timestamp? = nil,
        bounds: EventFilter? = nil
    ) {
        self.credential = credential
        self.id = id
        self.name = name
        self.roles = roles
        self.organizationIDs = organizationIDs
        self.expiresAt = expiresAt
        self.bounds = bounds
    }
}
