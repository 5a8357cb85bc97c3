/// An enumeration of the contract: its number on the wire and its name in the JSON view and on the
/// command line.
public protocol WireEnumeration: RawRepresentable<Int32>, CaseIterable, Hashable, Sendable {
    /// The name of the contract without its prefix: `API_TOKEN` of `ACTOR_TYPE_API_TOKEN`.
    var name: String { get }
}

extension WireEnumeration {
    /// The value of that name; letters of either case. Nil for an unknown name.
    public init?(name: String) {
        let wanted = name.uppercased()
        guard let value = Self.allCases.first(where: { $0.name == wanted }) else { return nil }
        self = value
    }
}

public enum ActorType: Int32, WireEnumeration {
    case unspecified = 0
    case user
    case apiToken
    case service
    case system
    case agent

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .user: "USER"
        case .apiToken: "API_TOKEN"
        case .service: "SERVICE"
        case .system: "SYSTEM"
        case .agent: "AGENT"
        }
    }
}

/// `auditrpc.v1.CredentialType`: what a caller was known by.
public enum CredentialType: Int32, WireEnumeration {
    case unspecified = 0
    case local
    case apiToken
    case certificate
    case jwt
    case server

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .local: "LOCAL"
        case .apiToken: "API_TOKEN"
        case .certificate: "CERTIFICATE"
        case .jwt: "JWT"
        case .server: "SERVER"
        }
    }
}

public enum Outcome: Int32, WireEnumeration {
    case unspecified = 0
    case success
    case failure
    case denied

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .success: "SUCCESS"
        case .failure: "FAILURE"
        case .denied: "DENIED"
        }
    }
}

public enum FacetField: Int32, WireEnumeration {
    case unspecified = 0
    case eventType
    case targetType
    case targetID
    case scope
    case actorID
    case actorType
    case source
    case outcome

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .eventType: "EVENT_TYPE"
        case .targetType: "TARGET_TYPE"
        case .targetID: "TARGET_ID"
        case .scope: "SCOPE"
        case .actorID: "ACTOR_ID"
        case .actorType: "ACTOR_TYPE"
        case .source: "SOURCE"
        case .outcome: "OUTCOME"
        }
    }
}

/// The order of a query: by sequence, not by time.
public enum Order: Int32, WireEnumeration {
    /// Newest first.
    case unspecified = 0
    case newestFirst
    case oldestFirst

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .newestFirst: "NEWEST_FIRST"
        case .oldestFirst: "OLDEST_FIRST"
        }
    }
}

/// What a feed does about events that retention took before they could be sent.
public enum OnGap: Int32, WireEnumeration {
    /// Fail.
    case unspecified = 0
    case fail
    case `continue`

    public var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .fail: "FAIL"
        case .continue: "CONTINUE"
        }
    }
}
