/// A bar on one line of a terminal.
enum ProgressBar {
    private static let cells = 24

    /// - Parameter fraction: 0 to 1.
    static func line(fraction: Double, text: String, columns: Int) -> String {
        let filled = Int((min(max(fraction, 0), 1) * Double(cells)).rounded(.down))
        let bar =
            String(repeating: "█", count: filled)
            + String(repeating: "░", count: cells - filled)
        let percent = "\(Int(min(max(fraction, 0), 1) * 100))%"
        let line = "\(bar) \(DisplayWidth.pad(percent, to: 4)) \(SafeText.line(text))"
        return DisplayWidth.truncate(line, to: max(columns - 1, 1))
    }

    /// What replaces the line before: back to its start, the new text, and nothing behind it.
    static func redraw(_ line: String) -> String { "\r\(line)\u{1B}[K" }
}
