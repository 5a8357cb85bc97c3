package import Subscribe

/// What an operator decides about a server.
package struct AuditServerConfiguration: Sendable {
    /// The address to listen on; port 0 lets the system choose.
    package var host: String
    package var port: Int
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
    package var limits: ServiceLimits
    package var feedLimits: FeedLimits
    /// What `GetStatus` says.
    package var version: String

    package init(
        host: String = "127.0.0.1", port: Int = 50051, dataDirectory: String,
        retention: Duration? = .seconds(30 * 86_400), drainTime: Duration = .seconds(10),
        sweepInterval: Duration = .seconds(60), logBytesMax: Int = 64 << 20,
        limits: ServiceLimits = ServiceLimits(), feedLimits: FeedLimits = FeedLimits(),
        version: String = AuditServer.version
    ) {
        self.host = host
        self.port = port
        self.dataDirectory = dataDirectory
        self.retention = retention
        self.drainTime = drainTime
        self.sweepInterval = sweepInterval
        self.logBytesMax = logBytesMax
        self.limits = limits
        self.feedLimits = feedLimits
        self.version = version
    }
}
