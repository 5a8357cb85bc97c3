import Access
import AuditModel
import Codec

/// The event that tells of a change of retention: who changed what from what to what.
enum RetentionEvent {
    /// Whose event a change of the default policy is.
    static let operatorOrganization = "auditrpc"

    static func event(
        _ request: SetRetentionRequest, _ response: SetRetentionResponse, by caller: Caller
    ) -> Event {
        let isDefault = request.organizationID.isEmpty
        return Event(
            organizationID: isDefault ? operatorOrganization : request.organizationID,
            eventType: "RETENTION_SET",
            target: Event.Target(
                type: "RETENTION_POLICY", id: isDefault ? "default" : request.organizationID),
            actor: caller.identity.actor,
            source: "ADMINISTRATION",
            change: "\(text(response.before)) -> \(text(response.after))",
            snapshot: snapshot(response.after), outcome: .success, reason: request.reason)
    }

    /// "TEAM, 7 days, legal hold".
    static func text(_ retention: OrganizationRetention) -> String {
        var parts: [String] = []
        if retention.policy.plan != .unspecified { parts.append(retention.policy.plan.name) }
        parts.append(retention.policy.effectiveAge.map(age) ?? "for ever")
        if retention.inherited { parts.append("by default") }
        if retention.legalHold { parts.append("legal hold") }
        return parts.joined(separator: ", ")
    }

    private static func age(_ age: Duration) -> String {
        let (seconds, _) = age.components
        guard seconds >= 86_400, seconds % 86_400 == 0 else { return "\(seconds) seconds" }
        return seconds == 86_400 ? "1 day" : "\(seconds / 86_400) days"
    }

    private static func snapshot(_ retention: OrganizationRetention) -> [UInt8] {
        var members = [JSONValue.Member("legal_hold", .bool(retention.legalHold))]
        members.append(.init("inherited", .bool(retention.inherited)))
        if retention.policy.plan != .unspecified {
            members.append(.init("plan", .string(retention.policy.plan.name)))
        }
        if let age = retention.policy.effectiveAge {
            members.append(.init("max_age_seconds", .number(String(age.components.seconds))))
        }
        return JSONValue.object(members).encoded()
    }
}
