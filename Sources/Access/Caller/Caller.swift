package import AuditModel
package import Codec
import Synchronization

/// Who makes a call, and what they may do. One object for each credential that is in use, so that ending it ends all
/// that was begun with it.
package final class Caller: Sendable {
    package let identity: Identity
    package let roles: Roles
    package let reach: Reach
    /// What a viewer may see at all; nil for everything in reach.
    package let bounds: EventFilter?
    /// Of the events that the caller records without one; empty for none.
    package let source: String
    /// From then on the credential is refused, in nanoseconds since the epoch.
    private let endsAt: Atomic<Int64>
    private let revoked = Atomic<Bool>(false)
    /// Whose credential made this one: it ends with that.
    private let maker: Caller?

    /// - Parameter expiresAt: nil for never.
    package init(
        _ identity: Identity, _ roles: Roles, _ reach: Reach, bounds: EventFilter? = nil,
        source: String = "", expiresAt: Timestamp? = nil, maker: Caller? = nil
    ) {
        self.identity = identity
        self.roles = roles
        self.reach = reach
        self.bounds = bounds
        self.source = source
        self.maker = maker
        endsAt = Atomic(expiresAt?.nanosecondsSinceEpoch ?? .max)
    }

    /// Refuses the credential from now on, and ends the calls that were begun with it.
    package func revoke() { revoked.store(true, ordering: .releasing) }

    /// Refuses the credential from that time on; an earlier end stays.
    package func expire(at time: Timestamp) {
        endsAt.min(time.nanosecondsSinceEpoch, ordering: .acquiringAndReleasing)
    }

    /// Why the credential is no good any more; nil as long as it is.
    package func refusal(now: Timestamp) -> AccessError? {
        if revoked.load(ordering: .acquiring) { return .revoked }
        if endsAt.load(ordering: .relaxed) <= now.nanosecondsSinceEpoch { return .expired }
        return maker?.refusal(now: now)
    }

    /// When the credential expires; nil for never.
    package var expiresAt: Timestamp? {
        let end = endsAt.load(ordering: .relaxed)
        let own = end == .max ? nil : Timestamp(nanosecondsSinceEpoch: end)
        guard let makers = maker?.expiresAt else { return own }
        return own.map { min($0, makers) } ?? makers
    }

    /// What an event has that this caller did not say in it.
    package var recordDefaults: RecordDefaults {
        RecordDefaults(
            organization: reach.single ?? [],
            actor: identity.credential == .apiToken ? identity.actor : nil, source: source)
    }
}

extension Caller {
    /// The organization that a request is about; empty for all of them.
    ///
    /// - Parameter named: in the request; empty for none.
    /// - Throws: `forbidden` for one that is not in reach, whether it exists or not.
    package func organization(named: String) throws(AccessError) -> String {
        if named.isEmpty {
            if let single = reach.single { return String(decoding: single, as: UTF8.self) }
            if case .all = reach { return named }
            throw .organizationNeeded
        }
        guard reach.contains(Array(named.utf8)) else { throw .organization }
        return named
    }
}
