import Logging
import NIOCore
import Synchronization

/// What all connections of a server share.
final class ServerContext: Sendable {
    let rules: ConnectionRules
    let routes: RouteTable
    let logger: Logger
    let connections: ConnectionRegistry
    let counters = CounterBook()
    /// Bytes that wait in memory for all connections.
    let bytes: SharedBudget
    /// Calls that are open on all connections.
    let calls: SharedBudget
    private let memories = Mutex<[ObjectIdentifier: SessionMemory]>([:])

    init(configuration: RPCServer.Configuration, routes: RouteTable, logger: Logger) {
        rules = ConnectionRules(limits: configuration.limits, life: configuration.life)
        let limits = configuration.limits
        self.routes = routes
        self.logger = logger
        connections = ConnectionRegistry(connectionsMax: limits.connectionsMax)
        bytes = SharedBudget(max: limits.waitingBytesMax, holdersMax: limits.connectionsMax)
        calls = SharedBudget(max: limits.callsMax, holdersMax: limits.connectionsMax)
    }

    var limits: RPCLimits { rules.limits }

    /// What the sessions of an event loop share.
    func memory(of eventLoop: any EventLoop) -> SessionMemory {
        memories.withLock { memories in
            let id = ObjectIdentifier(eventLoop)
            if let known = memories[id] { return known }
            let memory = SessionMemory()
            memories[id] = memory
            return memory
        }
    }
}
