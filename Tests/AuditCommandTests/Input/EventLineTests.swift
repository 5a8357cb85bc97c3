import AuditModel
import Codec
import Testing

@testable import AuditCommand

struct EventLineTests {
    let valid =
        #"{"event_type":"UPDATE","target":{"type":"S","id":"1"},"#
        + #""actor":{"type":"USER","id":"u"}}"#

    func event(_ text: String, number: Int = 17) throws -> Event? {
        try EventLine.event(
            LineSplitter.Line(number: number, bytes: Array(text.utf8)))
    }

    @Test func anIDOfTheCallersIsKept() throws {
        #expect(try event(valid)?.id == "")
        let own = "0190d2b4-7c3a-7000-8000-00000000000f"
        let given = #"{"id":"\#(own)","# + valid.dropFirst()
        #expect(try event(given)?.id == own)
    }

    @Test func aSnapshotIsSentAsItIsPrinted() throws {
        let event = try #require(
            try event(#"{"snapshot": {"a" : [1.0, "b c"]}, "# + valid.dropFirst()))
        #expect(event.snapshot == Array(#"{"a":[1.0,"b c"]}"#.utf8))
        #expect(try self.event(String(decoding: event.json(), as: UTF8.self)) == event)
    }

    @Test func theServersPlaceOfAnEventIsNotNamed() {
        #expect(
            Complaints.withoutIndex("events[17].target.id: is missing") == "target.id: is missing")
        #expect(Complaints.withoutIndex("events[0]: is too large") == "is too large")
    }

    @Test func blankLinesAreNoEvents() throws {
        #expect(try event("") == nil)
        #expect(try event(" \t ") == nil)
    }

    @Test(arguments: [
        "not json", "[]", "{", #"{"event_typo":"UPDATE"}"#, #"{"event_type":7}"#,
        #"{"occurred_at":"yesterday"}"#, "{\"change\":\"\u{1B}[2J\"}",
    ])
    func aWrongLineIsNamed(text: String) {
        let error = #expect(throws: CommandError.self) { try event(text) }
        #expect(error?.status == .refused)
        #expect(error?.message.hasPrefix("line 17: ") == true)
        #expect(error?.message.contains("\u{1B}") == false)
    }

    @Test func aLineThatIsTooLongIsNamed() {
        let error = #expect(throws: CommandError.self) {
            try EventLine.event(
                LineSplitter.Line(number: 3, bytes: [], isTooLong: true))
        }
        #expect(error?.message.hasPrefix("line 3: longer than") == true)
    }

    @Test func goodLinesBesideBadOnesAreKept() {
        let complaints = Complaints()
        var reader = EventReader()
        let batches = reader.read(Array("\(valid)\nnot json\n\(valid)\n\(valid)".utf8), complaints)
        #expect(batches.map(\.origins) == [["line 1", "line 3"]])
        #expect(complaints.total == 1)
        #expect(reader.finish(complaints)?.origins == ["line 4"])
    }

    @Test func batchesAreCutAtTheirLimit() {
        let complaints = Complaints()
        var reader = EventReader()
        let text = String(repeating: valid + "\n", count: Limits.batchEvents * 2 + 1)
        let batches = reader.read(Array(text.utf8), complaints)
        #expect(batches.map(\.events.count) == [Limits.batchEvents, Limits.batchEvents, 1])
    }
}
