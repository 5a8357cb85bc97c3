import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct CSVTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ("two\nlines", "\"two\nlines\""), ("cr\rlf", "\"cr\rlf\""),
        // A quotation mark with a combining mark is one Character and still a quotation mark.
        ("\"\u{301}", "\"\"\"\u{301}\""),
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\t=1", "'\t=1"),
        ("=a,b", "\"'=a,b\""), ("a=1", "a=1"),
    ])
    func quotesAndDisarms(text: String, expected: String) {
        #expect(CSV().field(text) == expected)
    }

    @Test func aRecordEndsWithCRLF() {
        #expect(CSV().record(["a", "", "c"]) == "a,,c\r\n")
    }

    @Test func everyColumnOfTheHeaderHasItsCell() {
        var event = Event(
            id: "i", organizationID: "o", eventType: "UPDATE",
            target: Event.Target(type: "S", id: "1", name: "Web"),
            scope: [.init(type: "PROJECT", id: "p"), .init(type: "ENV", id: "e")],
            actor: Event.Actor(type: .user, id: "ada"), sequence: AuditModel.Sequence(7))
        event.metadata = ["b": "2", "a": "1"]
        event.snapshot = Array(#"{"n":1}"#.utf8)
        let record = EventCSV.record(event)
        #expect(record.hasPrefix("7,,i,o,,UPDATE,S,1,Web,PROJECT=p; ENV=e,USER,ada,"))
        #expect(record.hasSuffix(",a=1; b=2,\"{\"\"n\"\":1}\"\r\n"))
        // No comma stands inside a cell here but in the last one, which has none.
        #expect(
            record.split(separator: ",", omittingEmptySubsequences: false).count
                == EventCSV.header.split(separator: ",").count)
    }

    @Test func aTerminalIsGivenNothingToActUpon() throws {
        var text = ""
        var printer = EventPrinter(
            surface: Surface(format: .csv, terminalColumns: 80, style: .plain),
            showsOrganization: true, write: { text += $0 })
        try printer.print([Event(id: "i", change: "\u{1B}]0;mine\u{7}\nx")])
        #expect(text.contains(#"\u001b]0;mine\u0007\nx"#))
        #expect(!text.dropLast().unicodeScalars.contains(where: SafeText.isUnsafe))
        // A file holds the text itself.
        #expect(CSV().field("\u{1B}x") == "\u{1B}x")
    }
}
