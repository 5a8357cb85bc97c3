import AuditModel
import AuditService

/// What a repair found and did, for a person.
enum RepairText {
    /// Ranges of lost events that are printed; all of them are in the folder's REPORT.
    static let rangesMax = 20

    static func text(_ outcome: StoreRepairs.Outcome, isDryRun: Bool) -> String {
        guard !outcome.findings.isEmpty else {
            return "nothing is wrong: \(outcome.events) events can be read\n"
        }
        var text = ""
        for finding in outcome.findings { text += SafeText.line(finding) + "\n" }
        text += isDryRun ? "a repair would\n" : "repaired:\n"
        for action in outcome.actions { text += "  " + SafeText.line(action) + "\n" }
        for range in outcome.lost.prefix(rangesMax) {
            text +=
                "events \(range.first) to \(range.last) "
                + (isDryRun ? "would be lost\n" : "are lost\n")
        }
        if outcome.lost.count > rangesMax {
            text += "and those of \(outcome.lost.count - rangesMax) ranges more\n"
        }
        text += "\(outcome.events) events can be read\n"
        if let folder = outcome.folder {
            text += "the damaged files are kept in \(SafeText.line(folder))\n"
        }
        return text
    }
}
