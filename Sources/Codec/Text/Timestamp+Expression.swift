package import AuditModel

extension Timestamp {
    package static let expressionHelp =
        "2h, 3d or 1h30m ago; a date; or an RFC 3339 time (UTC without a zone)"

    /// A moment as people write it: `2h`, `1d12h`, `now`, `2026-07-10`, `2026-07-10T11:42`, RFC 3339. Nil for anything
    /// else.
    ///
    /// - Parameter now: what an age is taken from.
    package init?(expression text: String, now: Timestamp) {
        if text == "now" {
            self = now
        } else if let age = DurationExpression.duration(text) {
            self = now.advanced(by: .zero - age)
        } else if let time = Timestamp(rfc3339: Self.completed(text)) {
            self = time
        } else {
            return nil
        }
    }

    /// A date, or a time without seconds or zone, as a whole RFC 3339 time in UTC.
    private static func completed(_ text: String) -> String {
        switch text.utf8.count {
        case "2026-07-10".utf8.count: text + "T00:00:00Z"
        case "2026-07-10T11:42".utf8.count: text + ":00Z"
        case "2026-07-10T11:42:31".utf8.count: text + "Z"
        default: text
        }
    }
}
