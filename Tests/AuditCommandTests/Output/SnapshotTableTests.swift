import AuditModel
import Codec
import Testing

@testable import AuditCommand

@Suite("What a snapshot says")
struct SnapshotTableTests {
    private let response = CreateSnapshotResponse(
        createdAt: .epoch, firstSequence: Sequence(1), headSequence: Sequence(2093),
        eventCount: 2090, fileCount: 3, fileBytes: 2048, linkedFiles: 2, copiedFiles: 2,
        eventSequence: Sequence(2094))

    @Test("names what is in it, and the commands that restore it")
    func table() {
        let surface = Surface(format: .table, terminalColumns: nil, style: Style(isColored: false))
        let text = SnapshotTable.text(response, folder: "/backup/a b", surface: surface)
        #expect(text.contains("Sequences       1 to 2093\n"))
        #expect(text.contains("Files           3, 2.0 KiB\n"))
        #expect(text.contains("\n  cp -a '/backup/a b' NEW-FOLDER\n"))
        #expect(text.hasSuffix("  auditrpc serve --data NEW-FOLDER\n"))
    }

    @Test("is one JSON object for scripts, zeros and all")
    func json() {
        let surface = Surface(format: .json, terminalColumns: nil, style: Style(isColored: false))
        var empty = response
        empty.linkedFiles = 0
        let text = SnapshotTable.text(empty, folder: "/backup", surface: surface)
        #expect(text.hasPrefix("{\"created_at\":\"1970-01-01T00:00:00Z\",\"first_sequence\":1,"))
        #expect(text.contains("\"linked_files\":0,"))
    }

    @Test(
        "is made where the shell is",
        arguments: [
            ("/backup/", "/backup"), ("backup", "/home/ada/backup"), ("/", "/"),
            ("./b//", "/home/ada/./b"),
        ])
    func absolute(given: String, expected: String) {
        #expect(SnapshotCommand.absolute(given, in: "/home/ada") == expected)
    }
}
