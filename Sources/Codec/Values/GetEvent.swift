public import AuditModel

/// `auditrpc.v1.GetEventRequest`.
public struct GetEventRequest: Hashable, Sendable {
    /// Empty for all organizations.
    public var organizationID: String
    public var key: Key

    public enum Key: Hashable, Sendable {
        case id(EventID)
        case sequence(Sequence)
    }

    public init(organizationID: String = "", key: Key) {
        self.organizationID = organizationID
        self.key = key
    }
}

/// `auditrpc.v1.GetEventResponse`, for clients; the server writes it with `GetEventResponseWriter`.
public struct GetEventResponse: Hashable, Sendable {
    public var event: Event
    /// The event of the same target before it; nil when none is kept.
    public var previous: Event?
    /// From the previous snapshot to this one.
    public var differences: [JSONDifference]
    /// There may be a previous event, or a later one than `previous`: the search ended at its budget,
    /// or passed events that are damaged.
    public var previousUnknown: Bool

    public init(
        event: Event, previous: Event? = nil, differences: [JSONDifference] = [],
        previousUnknown: Bool = false
    ) {
        self.event = event
        self.previous = previous
        self.differences = differences
        self.previousUnknown = previousUnknown
    }
}

/// One place where two JSON values differ (`auditrpc.v1.JsonDifference`).
public struct JSONDifference: Hashable, Sendable {
    /// A JSON Pointer (RFC 6901); empty for the whole value.
    public var path: String
    public var kind: Kind
    /// JSON text; empty when added.
    public var before: String
    /// JSON text; empty when removed.
    public var after: String

    public enum Kind: Int32, WireEnumeration {
        case unspecified = 0
        case added
        case removed
        case changed

        public var name: String {
            switch self {
            case .unspecified: "UNSPECIFIED"
            case .added: "ADDED"
            case .removed: "REMOVED"
            case .changed: "CHANGED"
            }
        }
    }

    public init(path: String, kind: Kind, before: String = "", after: String = "") {
        self.path = path
        self.kind = kind
        self.before = before
        self.after = after
    }
}
