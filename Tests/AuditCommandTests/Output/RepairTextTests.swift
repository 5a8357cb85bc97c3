import AuditModel
import Testing

@testable import AuditCommand
@testable import AuditService

struct RepairTextTests {
    private func range(_ first: UInt64, _ last: UInt64) -> SequenceRange {
        SequenceRange(first: AuditModel.Sequence(first), last: AuditModel.Sequence(last))
    }

    @Test func saysWhatWasFoundAndDone() {
        let outcome = StoreRepairs.Outcome(
            findings: ["a.log: a frame"], actions: ["write a"], lost: [range(3, 5)],
            lostEvents: 3, events: 40, folder: "d/damaged-T")
        #expect(
            RepairText.text(outcome, isDryRun: false) == """
                a.log: a frame
                repaired:
                  write a
                events 3 to 5 are lost
                40 events can be read
                the damaged files are kept in d/damaged-T

                """)
        #expect(RepairText.text(outcome, isDryRun: true).contains("events 3 to 5 would be lost\n"))
    }

    @Test func namesTheFirstOfManyRanges() {
        let outcome = StoreRepairs.Outcome(
            findings: ["x"], actions: [], lost: (1...30).map { range($0 * 2, $0 * 2) },
            lostEvents: 30, events: 0)
        #expect(
            RepairText.text(outcome, isDryRun: false).contains("and those of 10 ranges more\n"))
    }

    @Test func saysThatNothingIsWrong() {
        let outcome = StoreRepairs.Outcome(
            findings: [], actions: [], lost: [], lostEvents: 0, events: 7)
        #expect(
            RepairText.text(outcome, isDryRun: false)
                == "nothing is wrong: 7 events can be read\n")
    }
}
