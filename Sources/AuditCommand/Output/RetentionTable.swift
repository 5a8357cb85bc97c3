import AuditModel
import Codec

/// Retention policies, one organization a line.
enum RetentionTable {
    static func text(_ retentions: [OrganizationRetention], surface: Surface) -> String {
        switch surface.format {
        case .json: return retentions.map { JSONLine.text($0.json()) }.joined()
        case .csv:
            return surface.csv.record(columns.map { $0.title.lowercased() })
                + retentions.map { surface.csv.record(cells($0)) }.joined()
        case .table:
            let rows = retentions.map { cells($0).map { Table.Cell($0) } }
            let table = Table(
                columns: columns, fitting: rows, terminalColumns: surface.terminalColumns,
                style: surface.style)
            return ([table.header] + rows.map(table.render)).joined(separator: "\n") + "\n"
        }
    }

    /// What a change was, or would be.
    static func text(
        _ response: SetRetentionResponse, isDryRun: Bool, surface: Surface
    ) -> String {
        switch surface.format {
        case .json: return JSONLine.text(response.json())
        case .csv: return text([response.after], surface: surface)
        case .table: break
        }
        let whose =
            response.after.organizationID.isEmpty
            ? "by default" : SafeText.line(response.after.organizationID)
        guard response.before != response.after else {
            return "\(whose): \(describe(response.after)), as before\n"
        }
        let verb = isDryRun ? "would be" : "is"
        var lines = [
            "\(whose): \(verb) \(describe(response.after)), was \(describe(response.before))"
        ]
        let (before, after) = (response.oldestSequenceBefore, response.oldestSequenceAfter)
        if after > before {
            let hidden = isDryRun ? "would be hidden at once" : "are hidden"
            lines.append("its events below sequence \(after) \(hidden); until now below \(before)")
        } else if after < before {
            let shown = isDryRun ? "would be shown again" : "are shown again"
            lines.append("its events from sequence \(after) on \(shown)")
        }
        if response.eventSequence != .zero {
            lines.append("event \(response.eventSequence) tells of it")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let columns = [
        Table.Column("Organization", min: 12, usual: 16), Table.Column("Plan", min: 10, usual: 10),
        Table.Column("Kept", min: 8, usual: 8), Table.Column("Policy", min: 8, usual: 8),
        Table.Column("Legal hold", min: 10, usual: 10),
    ]

    private static func cells(_ retention: OrganizationRetention) -> [String] {
        let policy = retention.policy
        return [
            retention.organizationID.isEmpty ? "(default)" : retention.organizationID,
            policy.plan == .unspecified ? "" : policy.plan.name, age(policy),
            retention.inherited || retention.organizationID.isEmpty ? "default" : "own",
            retention.legalHold ? "on" : "",
        ]
    }

    /// "TEAM 7d, legal hold".
    private static func describe(_ retention: OrganizationRetention) -> String {
        let policy = retention.policy
        var text = policy.plan == .unspecified ? age(policy) : "\(policy.plan.name) \(age(policy))"
        if retention.inherited { text += " by default" }
        if retention.legalHold { text += ", legal hold" }
        return text
    }

    private static func age(_ policy: RetentionPolicy) -> String {
        policy.effectiveAge.map(DurationExpression.text) ?? "for ever"
    }
}
