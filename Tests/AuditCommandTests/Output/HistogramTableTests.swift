import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct HistogramTableTests {
    private let response = HistogramResponse(
        start: Timestamp(seconds: 1_700_000_100, nanoseconds: 0)!, bucket: .seconds(900),
        splitBy: .targetID, counts: [1, 0, 1_000],
        series: [
            HistogramSeries(value: "api", type: "SERVICE", counts: [0, 0, 990]),
            HistogramSeries(value: "=1", counts: [1, 0, 3]),
        ],
        otherCounts: [0, 0, 7], totalCount: 1_001)

    private func text(_ format: OutputFormat, terminalColumns: Int? = nil) -> String {
        HistogramTable.text(
            response,
            surface: Surface(format: format, terminalColumns: terminalColumns, style: .plain))
    }

    @Test func aBucketIsALineWithABar() {
        let bar = String(repeating: "█", count: 40)
        #expect(
            text(.table) == """
                TIME                  COUNT  SERVICE=api  =1  (others)
                2023-11-14T22:15:00Z  1                   1             ▏
                2023-11-14T22:30:00Z  0
                2023-11-14T22:45:00Z  1000   990          3   7         \(bar)
                (all of them)         1001   990          4   7

                """)
    }

    @Test func theBarsTakeWhatATerminalLeaves() {
        let lines = text(.table, terminalColumns: 72).split(separator: "\n")
        #expect(lines.map { DisplayWidth.of(String($0)) }.max() == 72)
        let narrow = text(.table, terminalColumns: 50).split(separator: "\n")
        #expect(narrow.allSatisfy { DisplayWidth.of(String($0)) <= 50 })
        #expect(narrow[3].hasSuffix("████████"))
        #expect(narrow[0].contains("SERVI") && !narrow[0].contains("others"))
    }

    @Test func recordsHaveEachValue() {
        #expect(
            text(.csv)
                == "start,count,SERVICE=api,'=1,(others)\r\n2023-11-14T22:15:00Z,1,0,1,0\r\n"
                + "2023-11-14T22:30:00Z,0,0,0,0\r\n2023-11-14T22:45:00Z,1000,990,3,7\r\n")
        #expect(text(.json) == String(decoding: response.json(), as: UTF8.self) + "\n")
    }

    @Test func nothingIsATableToo() {
        let none = HistogramTable.text(
            HistogramResponse(), surface: Surface(format: .table, style: .plain))
        #expect(none == "TIME           COUNT\n(all of them)  0\n")
    }
}

struct BlockBarTests {
    @Test(arguments: [
        (0, ""), (1, "▏"), (125, "█"), (500, "████"), (550, "████▍"),
        (1_000, "████████"), (5_000, "████████"),
    ])
    func isAsLongAsItsShare(count: UInt64, bar: String) {
        #expect(BlockBar.text(count, of: 1_000, columns: 8) == bar)
    }

    @Test func nothingOfNothingIsEmpty() {
        #expect(BlockBar.text(0, of: 0, columns: 8) == "")
        #expect(BlockBar.text(1, of: 1, columns: 0) == "")
    }
}
