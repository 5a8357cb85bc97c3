import AuditModel
import Codec

/// The columns of the audit page that people know, and the number that `show` takes.
enum EventTable {
    /// On a narrow terminal the type, the tool, the organization and the sequence are left out, in
    /// this order.
    static func columns(showsOrganization: Bool) -> [Table.Column] {
        var columns = [
            Table.Column("Sequence", min: 8, usual: 8, rank: 4),
            Table.Column("Timestamp", min: 20, usual: 20),
        ]
        if showsOrganization {
            columns.append(Table.Column("Organization", min: 12, usual: 16, rank: 3))
        }
        return columns + [
            Table.Column("Event type", min: 10, usual: 16),
            Table.Column("Target type", min: 12, usual: 14, rank: 1),
            Table.Column("Target", min: 12, usual: 28),
            Table.Column("Change", min: 13, usual: 44),
            Table.Column("User", min: 8, usual: 20),
            Table.Column("Tool", min: 7, usual: 18, rank: 2),
            Table.Column("Outcome", min: 7, usual: 7),
        ]
    }

    static func row(_ event: Event, showsOrganization: Bool) -> [Table.Cell] {
        var row = [
            Table.Cell(event.sequence.description, .dim),
            Table.Cell(time(event.occurredAt ?? event.recordedAt)),
        ]
        if showsOrganization { row.append(Table.Cell(event.organizationID)) }
        return row + [
            Table.Cell(event.eventType, .bold),
            Table.Cell(event.target.type),
            Table.Cell(event.target.name.isEmpty ? event.target.id : event.target.name),
            Table.Cell(event.change),
            Table.Cell(event.actor.name.isEmpty ? event.actor.id : event.actor.name),
            Table.Cell(event.source),
            Table.Cell(event.outcome.name, color(event.outcome)),
        ]
    }

    /// To the second, in UTC.
    private static func time(_ time: Timestamp?) -> String {
        guard let time, let whole = Timestamp(seconds: time.seconds, nanoseconds: 0) else {
            return ""
        }
        return whole.rfc3339
    }

    static func color(_ outcome: Outcome) -> Style.Color? {
        switch outcome {
        case .success: .green
        case .failure: .yellow
        case .denied: .red
        case .unspecified: nil
        }
    }
}
