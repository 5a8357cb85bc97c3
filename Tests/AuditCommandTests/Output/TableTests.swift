import Testing

@testable import AuditCommand

struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("Zoë", 3), ("Zoe\u{308}", 3), ("東京", 4),
        ("ｱｲ", 2), ("Ａ", 2),
        ("👩‍👧", 2), ("❤️", 2), ("\u{200B}", 0), ("한", 2),
    ])
    func countsColumns(text: String, expected: Int) {
        #expect(DisplayWidth.of(text) == expected)
    }

    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("東京都", 5, "東京…"), ("東京都", 4, "東…"),
        ("ab", 1, "…"), ("ab", 0, ""),
    ])
    func cuts(text: String, columns: Int, expected: String) {
        #expect(DisplayWidth.truncate(text, to: columns) == expected)
        #expect(DisplayWidth.of(DisplayWidth.truncate(text, to: columns)) <= columns)
    }
}

struct TableTests {
    let columns = [
        Table.Column("Name", min: 4, usual: 8), Table.Column("Change", min: 6, usual: 20),
    ]

    func lines(_ rows: [[Table.Cell]], columns terminal: Int?, style: Style = .plain) -> [String] {
        let table = Table(
            columns: columns, fitting: rows, terminalColumns: terminal, style: style)
        return [table.header] + rows.map(table.render)
    }

    @Test func columnsAreAlignedWhateverTheirCharactersAre() {
        let lines = lines([["Zoe\u{308}", "a"], ["東京", "b"], ["x", "c"]], columns: nil)
        #expect(lines == ["NAME  CHANGE", "Zoe\u{308}   a", "東京  b", "x     c"])
    }

    @Test func nothingIsLostWithoutATerminal() {
        let long = String(repeating: "x", count: 500)
        #expect(lines([[Table.Cell(long), "end"]], columns: nil)[1] == long + "  end")
    }

    @Test func everyLineFitsTheTerminal() {
        let rows: [[Table.Cell]] = [
            ["a name that is rather long", "a change that is longer than all the rest of it"],
            ["東京東京東京東京東京", "short"],
        ]
        for width in [20, 33, 40, 79] {
            for line in lines(rows, columns: width) {
                #expect(DisplayWidth.of(line) <= width, "\(width): \(line)")
            }
        }
        #expect(lines(rows, columns: 40)[1].hasSuffix("…"))
    }

    @Test(arguments: [(200, 10), (127, 10), (113, 9), (104, 8), (90, 7), (80, 6)])
    func aNarrowTerminalHasFewerColumns(width: Int, count: Int) {
        let row = (0..<10).map { Table.Cell(String(repeating: "\($0)", count: 30)) }
        let table = Table(
            columns: EventTable.columns(showsOrganization: true), fitting: [row],
            terminalColumns: width, style: .plain)
        #expect(Set(table.render(row)).subtracting([" ", "…"]).count == count)
        #expect(DisplayWidth.of(table.render(row)) <= width)
        #expect(table.header.contains("CHANGE"))
    }

    @Test func controlCharactersOfCellsAreShown() {
        let line = lines([["\u{1B}]0;title\u{07}", "two\nlines"]], columns: nil)[1]
        #expect(line == #"\u001b]0;title\u0007  two\nlines"#)
    }

    @Test func colorsDoNotMoveColumns() {
        let rows = [[Table.Cell("ab", .red), Table.Cell("c", .green)]]
        let colored = lines(rows, columns: 80, style: Style(isColored: true))[1]
        #expect(colored == "\u{1B}[31mab\u{1B}[0m    \u{1B}[32mc\u{1B}[0m")
        #expect(lines(rows, columns: 80)[1] == "ab    c")
    }

    @Test func aFeedHasItsUsualColumns() {
        let table = Table(columns: columns, fitting: [], terminalColumns: nil, style: .plain)
        #expect(table.render(["a", "b"]) == "a         b")
    }
}

struct StyleTests {
    @Test(
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false),
            (true, ["NO_COLOR": ""], true), (true, ["TERM": "dumb"], false),
        ] as [(Bool, [String: String], Bool)])
    func colorsAreForTerminalsThatWantThem(
        isTerminal: Bool, environment: [String: String], expected: Bool
    ) {
        #expect(
            Style.of(isTerminal: isTerminal, environment: environment).isColored == expected)
    }
}
