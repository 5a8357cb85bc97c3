/// Colours: on a terminal only, and never against NO_COLOR (https://no-color.org).
struct Style: Hashable, Sendable {
    var isColored: Bool

    static let plain = Style(isColored: false)

    enum Color: String, Sendable {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case dim = "2"
        case bold = "1"
    }

    func paint(_ text: String, _ color: Color?) -> String {
        guard isColored, let color, !text.isEmpty else { return text }
        return "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
    }

    /// Whether a stream should be coloured: `isTerminal` of the stream, the rest from the
    /// environment.
    static func of(isTerminal: Bool, environment: [String: String]) -> Style {
        let refused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        return Style(isColored: isTerminal && !refused && environment["TERM"] != "dumb")
    }
}
