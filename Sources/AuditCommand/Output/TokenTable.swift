import AuditModel
import Codec

/// API tokens, one a line, and what was made or changed of one.
enum TokenTable {
    static func text(_ tokens: [Token], surface: Surface) -> String {
        switch surface.format {
        case .json: return tokens.map { JSONLine.text($0.json()) }.joined()
        case .csv:
            return surface.csv.record(columns.map { $0.title.lowercased() })
                + tokens.map { surface.csv.record(cells($0)) }.joined()
        case .table:
            let rows = tokens.map { cells($0).map { Table.Cell($0) } }
            let table = Table(
                columns: columns, fitting: rows, terminalColumns: surface.terminalColumns,
                style: surface.style)
            return ([table.header] + rows.map(table.render)).joined(separator: "\n") + "\n"
        }
    }

    /// The secret goes on a line of its own, so that it is copied whole.
    static func text(_ response: TokenSecretResponse, surface: Surface) -> String {
        if surface.format == .json { return JSONLine.text(response.json()) }
        var lines = [
            "\(describe(response.token)); its secret is shown this once:", "", response.secret, "",
        ]
        if let end = response.token.previousSecretUntil {
            lines.append("the secret of before is valid until \(end.rfc3339)")
        }
        lines += told(response.eventSequence)
        return lines.joined(separator: "\n") + "\n"
    }

    static func text(_ response: RevokeTokenResponse, surface: Surface) -> String {
        if surface.format == .json { return JSONLine.text(response.json()) }
        let when = response.token.revokedAt.map { " since \($0.rfc3339)" } ?? ""
        let lines =
            ["\(describe(response.token)) is revoked\(when)"] + told(response.eventSequence)
        return lines.joined(separator: "\n") + "\n"
    }

    static func text(_ response: CreateViewerTokenResponse, surface: Surface) -> String {
        if surface.format == .json { return JSONLine.text(response.json()) }
        let end = response.expiresAt.map { "valid until \($0.rfc3339):\n\n" } ?? ""
        return end + response.secret + "\n"
    }

    private static let columns = [
        Table.Column("Id", min: 12, usual: 12), Table.Column("Name", min: 12, usual: 20),
        Table.Column("Organization", min: 12, usual: 16), Table.Column("Role", min: 8, usual: 8),
        Table.Column("Source", min: 8, usual: 12), Table.Column("Created", min: 20, usual: 24),
        Table.Column("Ends", min: 20, usual: 32),
    ]

    private static func cells(_ token: Token) -> [String] {
        [
            token.id, token.name, token.organizationID, token.role.name, token.source,
            token.createdAt?.rfc3339 ?? "", end(of: token),
        ]
    }

    private static func end(of token: Token) -> String {
        if let revoked = token.revokedAt { return "revoked \(revoked.rfc3339)" }
        return token.expiresAt?.rfc3339 ?? ""
    }

    /// "token 3f2a9c01b7de (ci), RECORDER of acme".
    private static func describe(_ token: Token) -> String {
        let whose =
            token.organizationID.isEmpty
            ? "of all organizations" : "of \(SafeText.line(token.organizationID))"
        return "token \(token.id) (\(SafeText.line(token.name))), \(token.role.name) \(whose)"
    }

    private static func told(_ sequence: Sequence) -> [String] {
        sequence == .zero ? [] : ["event \(sequence) tells of it"]
    }
}
