/// A bar of block characters, whose last one may be an eighth of a column wide.
enum BlockBar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// - Parameters:
    ///   - most: what a bar of the whole width stands for.
    ///   - columns: of the whole width.
    /// - Returns: something for all but nothing.
    static func text(_ count: UInt64, of most: UInt64, columns: Int) -> String {
        guard count > 0, most > 0, columns > 0 else { return "" }
        let share = min(1, Double(count) / Double(most))
        let length = max(1, Int((share * Double(columns * 8)).rounded()))
        return String(repeating: "█", count: length / 8) + eighths[length % 8]
    }
}
