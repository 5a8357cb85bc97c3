import AuditModel
import Codec
import Testing

@testable import AuditGateway

struct ExportTests {
    private let pages = [
        QueryResponse(events: [
            Event(id: "a", sequence: Sequence(1)), Event(id: "b", sequence: Sequence(2)),
        ]),
        QueryResponse(events: []),
        QueryResponse(events: [Event(id: "c", change: "=1", sequence: Sequence(5))]),
    ]

    private func text(_ format: ExportFormat, _ pages: [QueryResponse]) -> String {
        var export = Export(format: format)
        var bytes = export.begin()
        for page in pages { bytes += export.add(page) }
        return String(decoding: bytes + export.end(), as: UTF8.self)
    }

    @Test func linesOfJSONEndWithACount() {
        #expect(
            text(.ndjson, pages) == """
                {"id":"a","sequence":1}
                {"id":"b","sequence":2}
                {"id":"c","change":"=1","sequence":5}
                {"export":{"count":3,"complete":true}}

                """)
    }

    @Test func recordsOfCSVEndWithACount() {
        let lines = text(.csv, pages).split(separator: "\r\n")
        #expect(lines.count == 5)
        #expect(lines[0] == EventCSV.header.dropLast())
        #expect(lines[3].contains(",'=1,"))
        #expect(lines[4] == "# 3 events, complete")
    }

    @Test func whatCouldNotBeReadIsSaid() {
        let damaged = [
            QueryResponse(
                events: [], unreadable: [SequenceRange(first: Sequence(3), last: Sequence(4))])
        ]
        #expect(
            text(.ndjson, damaged) == """
                {"unreadable":[{"first":3,"last":4}]}
                {"export":{"count":0,"complete":false,"unreadable":[{"first":3,"last":4}]}}

                """)
        #expect(
            text(.csv, damaged).hasSuffix(
                "# could not read 3 to 4\r\n# 0 events, incomplete: could not read 3 to 4\r\n"))
    }
}
