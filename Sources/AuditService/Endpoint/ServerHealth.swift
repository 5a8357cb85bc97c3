import Codec
import EventStore
import RPCServices

/// What this server says of its health.
///
/// An audit log that takes no events does not do what it is for, so AuditLog and the server as a
/// whole are NOT_SERVING while the store refuses writes, although reads go on: a load balancer then
/// sends recorders elsewhere. The other services serve until the drain: their health says that the
/// process is alive.
struct ServerHealth: Sendable {
    let service = HealthService()
    private let store: EventStore

    init(store: EventStore) {
        self.store = store
    }

    /// Says what the store says now. Called when a commit failed, and about once a second: a refusal
    /// is known at once, and its end soon.
    func update() {
        service.set(
            store.writeRefusal == nil ? .serving : .notServing,
            of: [HealthService.server, AuditLogEndpoint.service])
    }
}
