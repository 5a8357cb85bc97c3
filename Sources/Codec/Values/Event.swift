public import AuditModel

/// `auditrpc.v1.Event` as a Swift value: for clients and for printing, never on the record path.
///
/// Limits and who sets what: proto/auditrpc/v1/event.proto.
public struct Event: Hashable, Sendable {
    /// Empty lets the server assign one.
    public var id: String
    public var organizationID: String
    public var occurredAt: Timestamp?
    public var eventType: String
    public var target: Target
    /// Outermost first.
    public var scope: [Resource]
    public var actor: Actor
    public var onBehalfOf: [Actor]
    public var source: String
    public var change: String
    /// JSON text, or empty.
    public var snapshot: [UInt8]
    public var outcome: Outcome
    public var reason: String
    public var context: RequestContext
    public var metadata: [String: String]
    /// Set by the server alone; zero before.
    public var sequence: Sequence
    /// Set by the server alone.
    public var recordedAt: Timestamp?
    /// Who recorded it, as far as the server knows. Set by the server alone.
    public var recorder: Recorder

    public init(
        id: String = "", organizationID: String = "", occurredAt: Timestamp? = nil,
        eventType: String = "", target: Target = Target(), scope: [Resource] = [],
        actor: Actor = Actor(), onBehalfOf: [Actor] = [], source: String = "",
        change: String = "", snapshot: [UInt8] = [], outcome: Outcome = .unspecified,
        reason: String = "", context: RequestContext = RequestContext(),
        metadata: [String: String] = [:], sequence: Sequence = .zero, recordedAt: Timestamp? = nil,
        recorder: Recorder = Recorder()
    ) {
        self.id = id
        self.organizationID = organizationID
        self.occurredAt = occurredAt
        self.eventType = eventType
        self.target = target
        self.scope = scope
        self.actor = actor
        self.onBehalfOf = onBehalfOf
        self.source = source
        self.change = change
        self.snapshot = snapshot
        self.outcome = outcome
        self.reason = reason
        self.context = context
        self.metadata = metadata
        self.sequence = sequence
        self.recordedAt = recordedAt
        self.recorder = recorder
    }

    public struct Target: Hashable, Sendable {
        public var type: String
        public var id: String
        public var name: String

        public init(type: String = "", id: String = "", name: String = "") {
            self.type = type
            self.id = id
            self.name = name
        }
    }

    /// A resource that encloses the target.
    public struct Resource: Hashable, Sendable {
        public var type: String
        public var id: String
        public var name: String

        public init(type: String = "", id: String = "", name: String = "") {
            self.type = type
            self.id = id
            self.name = name
        }
    }

    public struct Actor: Hashable, Sendable {
        public var type: ActorType
        public var id: String
        public var name: String

        public init(type: ActorType = .unspecified, id: String = "", name: String = "") {
            self.type = type
            self.id = id
            self.name = name
        }
    }

    public struct RequestContext: Hashable, Sendable {
        public var ipAddress: String
        public var userAgent: String
        public var requestID: String
        public var traceparent: String

        public init(
            ipAddress: String = "", userAgent: String = "", requestID: String = "",
            traceparent: String = ""
        ) {
            self.ipAddress = ipAddress
            self.userAgent = userAgent
            self.requestID = requestID
            self.traceparent = traceparent
        }
    }

    /// What the server knows of the caller who recorded the event: `auditrpc.v1.Recorder`.
    public struct Recorder: Hashable, Sendable {
        public var credential: CredentialType
        /// Of an API token its id, of a certificate the name that it was known by, of a JWT its subject.
        public var id: String
        /// Of an API token its name, of a JWT its issuer.
        public var name: String
        /// Without its port.
        public var peerAddress: String
        public var userAgent: String

        public init(
            credential: CredentialType = .unspecified, id: String = "", name: String = "",
            peerAddress: String = "", userAgent: String = ""
        ) {
            self.credential = credential
            self.id = id
            self.name = name
            self.peerAddress = peerAddress
            self.userAgent = userAgent
        }
    }
}
