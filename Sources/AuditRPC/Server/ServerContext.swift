import Logging

/// What all connections of a server share.
final class ServerContext: Sendable {
    let limits: RPCLimits
    let life: RPCConnectionLife
    let routes: RouteTable
    let logger: Logger
    let connections: ConnectionRegistry
    let counters = CounterBook()
    /// Bytes that wait in memory for all connections.
    let bytes: SharedBudget
    /// Calls that are open on all connections.
    let calls: SharedBudget

    init(configuration: RPCServer.Configuration, routes: RouteTable, logger: Logger) {
        limits = configuration.limits
        life = configuration.life
        self.routes = routes
        self.logger = logger
        connections = ConnectionRegistry(connectionsMax: limits.connectionsMax)
        bytes = SharedBudget(max: limits.waitingBytesMax, holdersMax: limits.connectionsMax)
        calls = SharedBudget(max: limits.callsMax, holdersMax: limits.connectionsMax)
    }
}
