import AuditModel
import Testing

@testable import Codec

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

    @Test func aFieldIsEscapedForWhereItIsShown() {
        let csv = CSV { $0.replacing("\u{1B}", with: "^") }
        #expect(csv.field("\u{1B}x") == "^x")
        #expect(CSV().field("\u{1B}x") == "\u{1B}x")
    }
}
