import Access
import AuditModel
import AuditRPC
import Synchronization

/// The calls that a server has open, as far as their callers go.
final class OpenCalls: Sendable {
    private let server = Mutex<RPCServer?>(nil)
    /// When the first of the callers who have calls open expires, in nanoseconds since the epoch; it may be earlier.
    private let nextExpiry = Atomic<Int64>(.max)

    /// Set once the server listens, which it does with handlers that know this; nil when it has stopped, since they
    /// would keep each other.
    func belong(to server: RPCServer?) { self.server.withLock { $0 = server } }

    /// A call of his was let in.
    func admitted(_ caller: Caller) {
        guard let end = caller.expiresAt else { return }
        nextExpiry.min(end.nanosecondsSinceEpoch, ordering: .relaxed)
    }

    /// Ends the calls of credentials that have expired, soon. Looks at them only when one has.
    func endExpired(now: Timestamp) {
        guard nextExpiry.load(ordering: .relaxed) <= now.nanosecondsSinceEpoch else { return }
        nextExpiry.store(.max, ordering: .relaxed)
        endRefused()
    }

    /// Ends the calls of credentials that were revoked or have expired, soon: UNAUTHENTICATED.
    @Sendable
    func endRefused() {
        let now = Timestamp.now
        server.withLock { $0 }?.endCalls { [self] caller in
            guard let caller = (caller as? CallOrigin)?.caller else { return nil }
            guard let refusal = caller.refusal(now: now) else {
                admitted(caller)
                return nil
            }
            return RPCStatus(ServiceError(refusal))
        }
    }
}
