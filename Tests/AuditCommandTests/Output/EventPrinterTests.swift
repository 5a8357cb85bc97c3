import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct EventPrinterTests {
    final class Text {
        var text = ""
        var writes = 0
        func write(_ more: String) {
            text += more
            writes += 1
        }
    }

    func event(_ sequence: UInt64, change: String = "replicas 2 -> 3") -> Event {
        Event(
            id: "0190d2b4-7c3a-7000-8000-00000000000\(sequence)", organizationID: "acme",
            occurredAt: Timestamp(rfc3339: "2023-07-10T11:42:31.25Z"), eventType: "UPDATE",
            target: Event.Target(type: "SERVICE", id: "web"),
            actor: Event.Actor(type: .user, id: "u1", name: "Ada"), source: "CLI",
            change: change, outcome: .denied, sequence: AuditModel.Sequence(sequence))
    }

    func printed(
        _ format: OutputFormat, _ batches: [[Event]], isFeed: Bool = false,
        showsOrganization: Bool = false
    ) throws -> Text {
        let output = Text()
        var printer = EventPrinter(
            surface: Surface(format: format, terminalColumns: nil, style: .plain),
            showsOrganization: showsOrganization, isFeed: isFeed, write: output.write)
        try printer.printHeader()
        for batch in batches { try printer.print(batch) }
        return output
    }

    @Test func aTableReadsLikeTheAuditPage() throws {
        let text = try printed(.table, [[event(2)], [event(1)]]).text
        #expect(
            text == """
                SEQUENCE  TIMESTAMP             EVENT TYPE  TARGET TYPE  TARGET  CHANGE           \
                USER  TOOL  OUTCOME
                2         2023-07-10T11:42:31Z  UPDATE      SERVICE      web     replicas 2 -> 3  \
                Ada   CLI   DENIED
                1         2023-07-10T11:42:31Z  UPDATE      SERVICE      web     replicas 2 -> 3  \
                Ada   CLI   DENIED

                """)
    }

    @Test func theOrganizationIsShownWhereSeveralMayBe() throws {
        let text = try printed(.table, [[event(1)]], showsOrganization: true).text
        #expect(text.contains("ORGANIZATION") && text.contains("acme"))
    }

    @Test func aFeedHasItsHeaderBeforeTheFirstEvent() throws {
        #expect(try printed(.table, [], isFeed: true).text.hasPrefix("SEQUENCE"))
        #expect(try printed(.table, [], isFeed: false).text.isEmpty)
        #expect(try printed(.json, [], isFeed: true).text.isEmpty)
        #expect(try printed(.csv, []).text == EventCSV.header)
    }

    @Test func jsonIsOneObjectALineThatIsReadBackAsTheSameEvent() throws {
        let events = [event(1, change: "\u{9B}2J line\nbreak"), event(2)]
        let output = try printed(.json, [events])
        let lines = output.text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(!output.text.unicodeScalars.contains("\u{9B}"))
        #expect(try lines.map { try Event(json: Array($0.utf8)).change } == events.map(\.change))
    }

    @Test func aBatchIsOneWrite() throws {
        #expect(try printed(.json, [[event(1), event(2)], []]).writes == 1)
    }
}

struct EventDetailsTests {
    func details(_ response: GetEventResponse, isColored: Bool = false) -> String {
        EventDetails(response, style: Style(isColored: isColored)).text
    }

    @Test func everythingIsShownAndMadeSafe() {
        var event = Event(
            id: "i", organizationID: "acme", eventType: "UPDATE",
            target: Event.Target(type: "SERVICE", id: "web", name: "Web"),
            actor: Event.Actor(type: .user, id: "ada"), change: "\u{1B}[2J",
            snapshot: Array(#"{"n":1,"t":"\#u{9B}"}"#.utf8), outcome: .denied,
            reason: "quota", sequence: AuditModel.Sequence(7))
        event.metadata = ["key": "value\u{07}"]
        let text = details(GetEventResponse(event: event))
        #expect(text.contains("Sequence      7\n"))
        #expect(text.contains("Target        SERVICE web (Web)\n"))
        #expect(text.contains(#"Change        \u001b[2J"#))
        #expect(text.contains(#"Metadata      key = value\u0007"#))
        #expect(text.contains("Snapshot\n{\n  \"n\": 1,\n  \"t\": \"\\u009b\"\n}\n"))
        #expect(text.contains("No earlier event of this target is kept."))
        #expect(!text.contains("Traceparent"), "what is not there is left out")
        #expect(!text.unicodeScalars.contains { $0 != "\n" && SafeText.isUnsafe($0) })
    }

    @Test func theDifferenceToThePreviousEventIsColored() {
        let response = GetEventResponse(
            event: Event(id: "b", sequence: AuditModel.Sequence(9)),
            previous: Event(id: "a", eventType: "CREATE", sequence: AuditModel.Sequence(4)),
            differences: [
                JSONDifference(path: "/n", kind: .changed, before: "1", after: "2"),
                JSONDifference(path: "/x", kind: .added, after: "[]"),
                JSONDifference(path: "", kind: .removed, before: "{}"),
            ])
        let plain = details(response)
        #expect(plain.contains("Difference to event 4 (CREATE, )"))
        #expect(plain.hasSuffix("  - /n: 1\n  + /n: 2\n  + /x: []\n  - (whole value): {}\n"))
        let colored = details(response, isColored: true)
        #expect(colored.contains("\u{1B}[31m  - /n: 1\u{1B}[0m"))
        #expect(colored.contains("\u{1B}[32m  + /n: 2\u{1B}[0m"))
    }

    @Test func aSearchThatWasCutShortIsNotNone() {
        let response = GetEventResponse(event: Event(id: "a"), previousUnknown: true)
        #expect(details(response).contains("was cut short"))
    }
}

struct StatusTableTests {
    @Test(
        arguments: [
            (0, "0 bytes"), (1_023, "1023 bytes"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"),
            (1_048_575, "1023.9 KiB"), (1_048_576, "1.0 MiB"), (5_368_709_120, "5.0 GiB"),
        ] as [(UInt64, String)])
    func bytesAreReadable(count: UInt64, expected: String) {
        #expect(StatusTable.bytes(count) == expected)
    }

    @Test func nothingKeptIsSaid() {
        let status = GetStatusResponse(
            headSequence: AuditModel.Sequence(9), oldestSequence: AuditModel.Sequence(10),
            refusingWrites: "the disk is full")
        let text = StatusTable.text(
            status, server: "a:1", surface: Surface(format: .table, style: .plain))
        #expect(text.contains("Sequences       none kept; the head is 9\n"))
        #expect(text.contains("Retention       for ever\n"))
        #expect(text.contains("Writes          refused: the disk is full\n"))
    }
}

struct FacetTableTests {
    @Test func whatIsNotAmongTheValuesIsCounted() {
        let response = ListFacetsResponse(
            facets: [Facet(value: "CLI", count: 2), Facet(value: "A,B", count: 1)],
            otherCount: 3, totalCount: 6)
        let table = FacetTable.text(response, surface: Surface(format: .table, style: .plain))
        #expect(
            table == """
                COUNT  VALUE
                2      CLI
                1      A,B
                3      (other values)
                6      (events that match)

                """)
        let csv = FacetTable.text(response, surface: Surface(format: .csv, style: .plain))
        #expect(csv == "value,count,name,type\r\nCLI,2,,\r\n\"A,B\",1,,\r\n")
    }
}

struct ProgressBarTests {
    @Test(arguments: [(0.0, "0%"), (0.5, "50%"), (1.0, "100%"), (7.0, "100%")])
    func showsHowFarItIs(fraction: Double, percent: String) {
        let line = ProgressBar.line(fraction: fraction, text: "file", columns: 80)
        #expect(line.contains(percent) && line.hasSuffix("file"))
    }

    @Test func staysOnOneLine() {
        let line = ProgressBar.line(
            fraction: 0.5, text: String(repeating: "東\n", count: 99), columns: 40)
        #expect(DisplayWidth.of(line) < 40 && !line.contains("\n"))
    }
}
