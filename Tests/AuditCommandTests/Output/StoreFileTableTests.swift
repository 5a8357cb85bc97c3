import AuditModel
import Testing

@testable import AuditCommand
@testable import AuditService

struct StoreFileTableTests {
    private func line(_ name: String, _ kind: StoreFiles.File.Kind, _ problems: [String] = [])
        -> String
    {
        StoreFileTable.text(
            StoreFiles.File(path: "data/" + name, kind: kind, bytes: 100, problems: problems),
            verified: true)
    }

    @Test func saysWhatIsInEachFile() {
        let range = SequenceRange(first: AuditModel.Sequence(3), last: AuditModel.Sequence(9))
        let events = StoreFiles.File.Events(sequences: range, count: 7)
        #expect(line("1.log", .events(events)) == "1.log  3 to 9  7 events  100 bytes  whole\n")
        #expect(
            line("LOST", .lost(events: 4, ranges: 2))
                == "LOST  4 events that are lost, in 2 places  100 bytes  whole\n")
        #expect(
            line("SNAPSHOT", .snapshot(createdAt: .epoch))
                == "SNAPSHOT  of a snapshot at 1970-01-01T00:00:00Z  100 bytes  whole\n")
        #expect(
            line("policies.json", .policies(organizations: 3))
                == "policies.json  policies of 3 organizations  100 bytes  whole\n")
        #expect(
            line("tokens.json", .tokens(count: 2))
                == "tokens.json  2 API tokens  100 bytes  whole\n")
        #expect(
            line("quotas.json", .quotas(count: 2))
                == "quotas.json  2 quotas  100 bytes  whole\n")
        #expect(
            line("sequences.json", .sequences(organizations: 4))
                == "sequences.json  sequences of 4 organizations without events  100 bytes  whole\n"
        )
    }

    @Test func saysWhatIsWrong() {
        #expect(
            line("LOST", .lost(events: 0, ranges: 0), ["it has changed"])
                == "LOST  0 events that are lost, in 0 places  100 bytes  DAMAGED\n"
                + "  it has changed\n")
    }
}
