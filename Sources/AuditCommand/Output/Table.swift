/// Rows of text in aligned columns.
///
/// The widths come from the first rows that are printed, so that a feed can go on with them; a
/// later cell that is wider is cut on a terminal and pushes its row to the right elsewhere, where
/// nothing may be lost.
struct Table {
    struct Column: Hashable, Sendable {
        var title: String
        /// What it keeps when the terminal is narrow.
        var columnsMin: Int
        /// What it is given at first for rows that are not known yet.
        var columnsUsual: Int
        /// Where a terminal is too narrow for all columns, the one with the lowest rank is left
        /// out first; nil is never left out.
        var rank: Int?

        init(_ title: String, min: Int, usual: Int, rank: Int? = nil) {
            self.title = title
            self.rank = rank
            columnsMin = Swift.max(min, DisplayWidth.of(title))
            columnsUsual = Swift.max(usual, columnsMin)
        }
    }

    struct Cell: Hashable, Sendable, ExpressibleByStringLiteral {
        var text: String
        var color: Style.Color?

        /// `text` is escaped: it may come from an event.
        init(_ text: String, _ color: Style.Color? = nil) {
            self.text = SafeText.line(text)
            self.color = color
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    private static let gap = "  "
    /// Between two columns.
    static let gapColumns = gap.utf8.count

    private let columns: [Column]
    /// The columns that are shown, as indices.
    private let shown: [Int]
    private let widths: [Int]
    private let isCut: Bool
    private let style: Style

    /// - Parameters:
    ///   - rows: the rows known so far, all of them or the first; empty for a feed that has yet
    ///     to begin.
    ///   - terminalColumns: the width to stay within; nil prints every cell whole.
    init(columns: [Column], fitting rows: [[Cell]], terminalColumns: Int?, style: Style) {
        self.columns = columns
        self.style = style
        isCut = terminalColumns != nil
        var widths = columns.indices.map { index in
            let widest = rows.map { DisplayWidth.of($0[index].text) }.max()
            return max(
                DisplayWidth.of(columns[index].title), widest ?? columns[index].columnsUsual)
        }
        var shown = Array(columns.indices)
        if let terminalColumns {
            func available() -> Int { terminalColumns - Table.gapColumns * (shown.count - 1) }
            func least() -> Int {
                shown.reduce(0) { $0 + Swift.min(widths[$1], columns[$1].columnsMin) }
            }
            while least() > available(),
                let dropped = shown.filter({ columns[$0].rank != nil })
                    .min(by: { (columns[$0].rank ?? 0) < (columns[$1].rank ?? 0) })
            {
                shown.removeAll { $0 == dropped }
            }
            Table.shrink(&widths, of: shown, columns: columns, to: available())
        }
        self.shown = shown
        self.widths = widths
    }

    var header: String {
        render(columns.map { Cell($0.title.uppercased(), .dim) })
    }

    func render(_ row: [Cell]) -> String {
        var line = ""
        for index in shown {
            let cell = row[index]
            let isLast = index == shown.last
            var text = cell.text
            if isCut { text = DisplayWidth.truncate(text, to: widths[index]) }
            let padding = isLast ? 0 : max(0, widths[index] - DisplayWidth.of(text))
            line += style.paint(text, cell.color) + String(repeating: " ", count: padding)
            if !isLast { line += Table.gap }
        }
        // Empty cells at the end leave only their gaps.
        while line.last == " " { line.removeLast() }
        return line
    }

    /// Takes columns from the widest until all fit or each is at its least.
    private static func shrink(
        _ widths: inout [Int], of shown: [Int], columns: [Column], to available: Int
    ) {
        var excess = shown.reduce(0) { $0 + widths[$1] } - available
        while excess > 0 {
            let candidates = shown.filter { widths[$0] > columns[$0].columnsMin }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }
}
