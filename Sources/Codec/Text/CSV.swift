/// Comma-separated values (RFC 4180), safe to open in a spreadsheet.
package struct CSV: Sendable {
    /// What is done to each field, for where it is shown: a terminal acts upon what a file only holds.
    private let escape: (@Sendable (String) -> String)?

    package init(escape: (@Sendable (String) -> String)? = nil) { self.escape = escape }

    /// One record, ended by CRLF.
    package func record(_ fields: [String]) -> String {
        fields.map(field).joined(separator: ",") + "\r\n"
    }

    /// A field that begins like a formula gets an apostrophe in front: whoever can record an
    /// event would otherwise run a formula in the spreadsheet of the person who opens the export.
    /// `--output json` is the exact form.
    package func field(_ text: String) -> String {
        var text = text
        if let first = text.unicodeScalars.first, Self.formulaStarts.contains(first) {
            text = "'" + text
        }
        if let escape { text = escape(text) }
        guard text.unicodeScalars.contains(where: { Self.quoted.contains($0) }) else { return text }
        // Scalar by scalar: a quotation mark that carries a combining mark is another Character.
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\"" { escaped.append("\"") }
            escaped.append(scalar)
        }
        return "\"" + String(escaped) + "\""
    }

    private static let formulaStarts: [Unicode.Scalar] = ["=", "+", "-", "@", "\t", "\r"]
    private static let quoted: [Unicode.Scalar] = ["\"", ",", "\r", "\n"]
}
