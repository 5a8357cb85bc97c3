/// Comma-separated values (RFC 4180), safe to open in a spreadsheet.
struct CSV: Hashable, Sendable {
    /// For a terminal, which acts upon what a file only holds: a field is escaped as `SafeText`
    /// does it.
    var isEscaped = false

    /// One record, ended by CRLF.
    func record(_ fields: [String]) -> String {
        fields.map(field).joined(separator: ",") + "\r\n"
    }

    /// A field that begins like a formula gets an apostrophe in front: whoever can record an
    /// event would otherwise run a formula in the spreadsheet of the person who opens the export.
    /// `--output json` is the exact form.
    func field(_ text: String) -> String {
        var text = text
        if let first = text.unicodeScalars.first, Self.formulaStarts.contains(first) {
            text = "'" + text
        }
        if isEscaped { text = SafeText.line(text) }
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
