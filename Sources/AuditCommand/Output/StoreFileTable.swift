import AuditModel
import AuditService
import Codec

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
