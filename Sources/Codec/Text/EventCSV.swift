import AuditModel

/// Events as records of a CSV file: every field of the contract, lists and maps in one cell each.
package enum EventCSV {
    package static let header = CSV().record([
        "sequence", "recorded_at", "id", "organization_id", "occurred_at", "event_type",
        "target_type", "target_id", "target_name", "scope", "actor_type", "actor_id",
        "actor_name", "on_behalf_of", "source", "change", "outcome", "reason", "ip_address",
        "user_agent", "request_id", "traceparent", "metadata", "snapshot",
    ])

    package static func record(_ event: Event, _ csv: CSV = CSV()) -> String {
        csv.record([
            event.sequence.description, event.recordedAt?.rfc3339 ?? "", event.id,
            event.organizationID, event.occurredAt?.rfc3339 ?? "", event.eventType,
            event.target.type, event.target.id, event.target.name,
            event.scope.map { "\($0.type)=\($0.id)" }.joined(separator: "; "),
            event.actor.type.name, event.actor.id, event.actor.name,
            event.onBehalfOf.map { "\($0.type.name)=\($0.id)" }.joined(separator: "; "),
            event.source, event.change, event.outcome.name, event.reason,
            event.context.ipAddress, event.context.userAgent, event.context.requestID,
            event.context.traceparent,
            event.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                .joined(separator: "; "),
            String(decoding: event.snapshot, as: UTF8.self),
        ])
    }
}
