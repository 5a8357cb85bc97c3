package import Access
package import Subscribe

/// What an operator decides about a server.
package struct AuditServerConfiguration: Sendable {
    /// The addresses to listen on, one at least; port 0 lets the system choose.
    package var listen: [ListenAddress]
    /// Nil for plain text, which only this machine can reach. Unix sockets never need it.
    package var tls: ServerTLS?
    /// Plain text also where other machines could read it.
    package var allowsPlainText: Bool
    /// The permissions of Unix sockets.
    package var socketMode: UInt32
    /// The folder of the store.
    package var dataDirectory: String
    /// The longest age that an event may reach; nil keeps everything.
    package var retention: Duration?
    /// The time that calls under way get when the server stops.
    package var drainTime: Duration
    /// How often the disk is swept for what retention lets go.
    package var sweepInterval: Duration
    /// Bytes of one log file: the grain in which retention returns space.
    package var logBytesMax: Int
    /// Bytes of all files of the store beyond which the oldest events go before their time; nil for
    /// any size.
    package var bytesMax: Int?
    /// Compresses answers that hold events (Query, GetEvent, Subscribe) for clients that take gzip. Off,
    /// because it costs time on the event loops.
    package var compressesAnswers: Bool
    /// The age at which a connection is asked to end; nil for never.
    package var connectionAgeMax: Duration?
    /// What callers on this machine may do who show no credential.
    package var localAccess: LocalAccess
    /// Who may do what by a client certificate or a JWT; nil: certificates are not asked for names, and JWTs not
    /// accepted.
    package var accessFile: String?
    /// Clients of a gateway in the same process that may be connected at a time, if the system has the descriptors: two
    /// for each besides the connection to this server. 0 without a gateway.
    package var gatewayConnectionsMax: Int
    /// Records who reads the log, as events.
    package var tracesReads: Bool
    package var limits: ServiceLimits
    package var feedLimits: FeedLimits
    /// What `GetStatus` says.
    package var version: String

    package init(
        listen: [ListenAddress] = [ListenAddress(host: "127.0.0.1", port: 50051)],
        tls: ServerTLS? = nil, allowsPlainText: Bool = false, socketMode: UInt32 = 0o600,
        dataDirectory: String,
        retention: Duration? = .seconds(30 * 86_400), drainTime: Duration = .seconds(10),
        sweepInterval: Duration = .seconds(60), logBytesMax: Int = 64 << 20,
        bytesMax: Int? = nil,
        compressesAnswers: Bool = false, connectionAgeMax: Duration? = nil,
        localAccess: LocalAccess = .development, accessFile: String? = nil,
        gatewayConnectionsMax: Int = 0, tracesReads: Bool = true,
        limits: ServiceLimits = ServiceLimits(), feedLimits: FeedLimits = FeedLimits(),
        version: String = AuditServer.version
    ) {
        self.listen = listen
        self.tls = tls
        self.allowsPlainText = allowsPlainText
        self.socketMode = socketMode
        self.dataDirectory = dataDirectory
        self.retention = retention
        self.drainTime = drainTime
        self.sweepInterval = sweepInterval
        self.logBytesMax = logBytesMax
        self.bytesMax = bytesMax
        self.compressesAnswers = compressesAnswers
        self.connectionAgeMax = connectionAgeMax
        self.localAccess = localAccess
        self.accessFile = accessFile
        self.gatewayConnectionsMax = gatewayConnectionsMax
        self.tracesReads = tracesReads
        self.limits = limits
        self.feedLimits = feedLimits
        self.version = version
    }
}
