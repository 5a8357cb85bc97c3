import ArgumentParser
import AuditService
import Glibc

struct StoreRepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Save what can be read of a damaged data folder, so that a server starts again.",
        discussion: """
            For a folder that no server uses. Reads every byte, writes damaged files anew with the \
            events that can be read, and names the sequences of those that cannot. Nothing is deleted: \
            the damaged files are kept in DIR/damaged-TIME, with a REPORT. A repair that was \
            interrupted is run again.

            Ends with 0 when nothing was wrong or all was saved, with 65 when events are lost, and \
            with 70 when the folder cannot be repaired, which changes nothing, or when a disk is full \
            or fails on the way: then the message names the folder of the damaged files, and the \
            repair is run again once there is room.

            Examples:

              auditrpc store repair /var/lib/auditrpc --dry-run
              auditrpc store repair /var/lib/auditrpc
            """)

    @Argument(help: "The data folder.") var folder: String

    @Flag(help: "Say what would be done, and change nothing.") var dryRun = false

    func run() throws {
        let outcome: StoreRepairs.Outcome
        var line = ProgressLine()
        do throws(ServiceError) {
            outcome = try StoreRepairs.repair(folder, isDryRun: dryRun) { progress in
                line.show(Self.text(progress))
            }
        } catch {
            line.end()
            throw CommandError(.failure, error.message)
        }
        line.end()
        try StandardStream.output.write(RepairText.text(outcome, isDryRun: dryRun))
        if outcome.lostEvents > 0 {
            throw CommandError(
                .refused,
                "\(outcome.lostEvents) events "
                    + (dryRun ? "would be lost" : "are lost; the server starts without them"))
        }
    }

    private static func text(_ progress: StoreRepairs.Progress) -> String {
        progress.isWriting
            ? "writing: \(progress.done) of \(progress.total) steps"
            : "reading: \(StatusTable.bytes(UInt64(progress.done))) of "
                + StatusTable.bytes(UInt64(progress.total))
    }
}

/// One line on a terminal that is written over; nothing anywhere else.
private struct ProgressLine {
    private let isShown = Terminal.isTerminal(STDERR_FILENO)
    private var isBegun = false

    mutating func show(_ text: String) {
        guard isShown else { return }
        isBegun = true
        try? StandardStream.error.write("\r\u{1B}[K\(text)")
    }

    mutating func end() {
        guard isBegun else { return }
        isBegun = false
        try? StandardStream.error.write("\r\u{1B}[K")
    }
}
