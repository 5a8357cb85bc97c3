import Access
import AuditModel
import Codec

/// The events that tell of API tokens: who let whom do what.
enum TokenEvent {
    enum Kind: String {
        case created = "TOKEN_CREATED"
        case rotated = "TOKEN_ROTATED"
        case revoked = "TOKEN_REVOKED"
    }

    static func event(
        _ kind: Kind, _ token: Token, by caller: Caller, reason: String = ""
    ) -> Event {
        Event(
            organizationID: token.organizationID.isEmpty
                ? RetentionEvent.operatorOrganization : token.organizationID,
            eventType: kind.rawValue,
            target: Event.Target(type: "API_TOKEN", id: token.id, name: token.name),
            actor: caller.identity.actor, source: "ADMINISTRATION", change: change(kind, token),
            // Everything that is known of it, which is no secret.
            snapshot: token.json(), outcome: .success, reason: reason)
    }

    private static func change(_ kind: Kind, _ token: Token) -> String {
        switch kind {
        case .created:
            let end = token.expiresAt.map { ", expires \($0.rfc3339)" } ?? ""
            return "\(token.role.name)\(end)"
        case .rotated:
            let end = token.previousSecretUntil.map { "valid until \($0.rfc3339)" }
            return "new secret; the one before is \(end ?? "refused")"
        case .revoked: return "refused from now on"
        }
    }
}
