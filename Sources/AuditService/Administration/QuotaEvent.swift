import Access
import AuditModel
import Codec

/// The event that tells of a change of a quota: who changed whose from what to what.
enum QuotaEvent {
    static func event(
        _ request: SetQuotaRequest, _ response: SetQuotaResponse, by caller: Caller
    ) -> Event {
        let after = response.after
        let owner = after.tokenID.isEmpty ? after.organizationID : after.tokenID
        return Event(
            organizationID: after.organizationID.isEmpty
                ? RetentionEvent.operatorOrganization : after.organizationID,
            eventType: "QUOTA_SET",
            target: Event.Target(type: "QUOTA", id: owner.isEmpty ? "default" : owner),
            actor: caller.identity.actor, source: "ADMINISTRATION",
            change: "\(text(response.before)) -> \(text(after))",
            snapshot: after.json(), outcome: .success, reason: request.reason)
    }

    /// "1000 events per second, 100 subscribers".
    static func text(_ subject: SubjectQuota) -> String {
        guard let quota = subject.quota else { return "none" }
        var parts: [String] = []
        if quota.eventsPerSecond > 0 { parts.append("\(quota.eventsPerSecond) events per second") }
        if quota.bytesPerDay > 0 { parts.append("\(quota.bytesPerDay) bytes per day") }
        if quota.subscribers > 0 { parts.append("\(quota.subscribers) subscribers") }
        if quota.queryMillisPerSecond > 0 {
            parts.append("\(quota.queryMillisPerSecond) ms of queries per second")
        }
        if parts.isEmpty { parts.append("unlimited") }
        if subject.inherited { parts.append("by default") }
        return parts.joined(separator: ", ")
    }
}
