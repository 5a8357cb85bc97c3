import AuditModel
import Codec

/// Quotas, one organization or token a line.
enum QuotaTable {
    static func text(_ quotas: [SubjectQuota], surface: Surface) -> String {
        switch surface.format {
        case .json: return quotas.map { JSONLine.text($0.json()) }.joined()
        case .csv:
            return surface.csv.record(columns.map { $0.title.lowercased() })
                + quotas.map { surface.csv.record(cells($0)) }.joined()
        case .table:
            let rows = quotas.map { cells($0).map { Table.Cell($0) } }
            let table = Table(
                columns: columns, fitting: rows, terminalColumns: surface.terminalColumns,
                style: surface.style)
            return ([table.header] + rows.map(table.render)).joined(separator: "\n") + "\n"
        }
    }

    /// What a change was.
    static func text(_ response: SetQuotaResponse, surface: Surface) -> String {
        switch surface.format {
        case .json: return JSONLine.text(response.json())
        case .csv: return text([response.after], surface: surface)
        case .table: break
        }
        let whose = SafeText.line(owner(of: response.after))
        guard response.before != response.after else {
            return "\(whose): \(describe(response.after)), as before\n"
        }
        var text = "\(whose): is \(describe(response.after)), was \(describe(response.before))\n"
        if response.eventSequence != .zero {
            text += "event \(response.eventSequence) tells of it\n"
        }
        return text
    }

    private static let columns = [
        Table.Column("Whose", min: 12, usual: 20), Table.Column("Events/s", min: 8, usual: 10),
        Table.Column("Bytes/day", min: 9, usual: 14),
        Table.Column("Subscribers", min: 11, usual: 11),
        Table.Column("Query ms/s", min: 10, usual: 10), Table.Column("Quota", min: 8, usual: 8),
    ]

    private static func cells(_ subject: SubjectQuota) -> [String] {
        let quota = subject.quota ?? .unlimited
        return [
            owner(of: subject), limit(quota.eventsPerSecond), limit(quota.bytesPerDay),
            limit(quota.subscribers), limit(quota.queryMillisPerSecond),
            subject.quota == nil ? "none" : subject.inherited ? "default" : "own",
        ]
    }

    private static func owner(of subject: SubjectQuota) -> String {
        if !subject.tokenID.isEmpty { return "token \(subject.tokenID)" }
        return subject.organizationID.isEmpty ? "(default)" : subject.organizationID
    }

    private static func limit(_ value: some UnsignedInteger) -> String {
        value == 0 ? "" : String(value)
    }

    /// "1000 events/s, 100 subscribers, by default".
    private static func describe(_ subject: SubjectQuota) -> String {
        guard let quota = subject.quota else { return "without limits" }
        var parts: [String] = []
        if quota.eventsPerSecond > 0 { parts.append("\(quota.eventsPerSecond) events/s") }
        if quota.bytesPerDay > 0 { parts.append("\(quota.bytesPerDay) bytes/day") }
        if quota.subscribers > 0 { parts.append("\(quota.subscribers) subscribers") }
        if quota.queryMillisPerSecond > 0 {
            parts.append("\(quota.queryMillisPerSecond) ms/s of queries")
        }
        if parts.isEmpty { parts.append("without limits") }
        if subject.inherited { parts.append("by default") }
        return parts.joined(separator: ", ")
    }
}
