import ArgumentParser
import AuditModel
import AuditService
import Codec

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Look at the files of a data folder, with or without a server.",
        subcommands: [StoreInspectCommand.self, StoreVerifyCommand.self])
}

struct StoreInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Print the logs and segments of a data folder.",
        discussion: """
            Reads the logs and the ends of the segments, and changes nothing; a server may be running.

            Example:

              auditrpc store inspect /var/lib/auditrpc
            """)

    @Argument(help: "The data folder.") var folder: String

    func run() throws {
        try StoreFileTable.write(folder, readsEverything: false)
    }
}

struct StoreVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every byte of a data folder and say what is damaged.",
        discussion: """
            Every checksum is computed, and every index compared with the events. Changes nothing; a \
            server may be running. Ends with 70 when anything is wrong.

            Example:

              auditrpc store verify /var/lib/auditrpc
            """)

    @Argument(help: "The data folder.") var folder: String

    func run() throws {
        try StoreFileTable.write(folder, readsEverything: true)
    }
}

/// One line for each file, and behind it what is wrong.
enum StoreFileTable {
    static func write(_ folder: String, readsEverything: Bool) throws {
        var files = 0
        var damaged = 0
        var events = 0
        var bytes: UInt64 = 0
        do {
            try StoreFiles.look(in: folder, readsEverything: readsEverything) { file in
                files += 1
                events += file.events
                bytes += UInt64(file.bytes)
                if !file.problems.isEmpty { damaged += 1 }
                try StandardStream.output.write(text(file, verified: readsEverything))
            }
        } catch let error as ServiceError {
            throw CommandError(.failure, error.message)
        }
        try StandardStream.output.write(
            "\(files) files, \(events) events, \(StatusTable.bytes(bytes))\n")
        if damaged > 0 {
            throw CommandError(.failure, "\(damaged) of \(files) files are damaged")
        }
    }

    static func text(_ file: StoreFiles.File, verified: Bool) -> String {
        let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
        var cells = [SafeText.line(name)]
        cells.append(file.sequences.map { "\($0.first) to \($0.last)" } ?? "empty")
        cells.append("\(file.events) events")
        cells.append(StatusTable.bytes(UInt64(file.bytes)))
        if let range = file.recordedAt {
            cells.append("recorded \(range.lowerBound.rfc3339) to \(range.upperBound.rfc3339)")
        }
        if verified, file.problems.isEmpty { cells.append("whole") }
        if !file.problems.isEmpty { cells.append("DAMAGED") }
        let skipped = file.skipped.map {
            "  skipped when the store was restored: \($0.first) to \($0.last)\n"
        }
        return (skipped ?? "") + cells.joined(separator: "  ") + "\n"
            + file.problems.map { "  " + SafeText.line($0) + "\n" }.joined()
    }
}
