public import AuditModel

/// Which events (`auditrpc.v1.EventFilter`): values of one field are alternatives, fields narrow
/// one another, an empty field does not narrow.
public struct EventFilter: Hashable, Sendable {
    public var eventTypes: [String]
    public var targetTypes: [String]
    public var targetIDs: [String]
    public var scopes: [ScopeFilter]
    public var actorIDs: [String]
    public var actorTypes: [ActorType]
    public var sources: [String]
    public var outcomes: [Outcome]
    /// Inclusive; compared with occurred_at.
    public var since: Timestamp?
    /// Exclusive; compared with occurred_at.
    public var until: Timestamp?
    /// Without regard to the case of ASCII letters; empty does not narrow.
    public var text: String

    public init(
        eventTypes: [String] = [], targetTypes: [String] = [], targetIDs: [String] = [],
        scopes: [ScopeFilter] = [], actorIDs: [String] = [], actorTypes: [ActorType] = [],
        sources: [String] = [], outcomes: [Outcome] = [], since: Timestamp? = nil,
        until: Timestamp? = nil, text: String = ""
    ) {
        self.eventTypes = eventTypes
        self.targetTypes = targetTypes
        self.targetIDs = targetIDs
        self.scopes = scopes
        self.actorIDs = actorIDs
        self.actorTypes = actorTypes
        self.sources = sources
        self.outcomes = outcomes
        self.since = since
        self.until = until
        self.text = text
    }

    /// A resource that encloses the target; an empty type stands for any.
    public struct ScopeFilter: Hashable, Sendable {
        public var type: String
        public var id: String

        public init(type: String = "", id: String) {
            self.type = type
            self.id = id
        }
    }
}
