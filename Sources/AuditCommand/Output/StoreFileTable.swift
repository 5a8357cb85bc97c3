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
                if case .events(let found) = file.kind { events += found.count }
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
        var cells = [SafeText.line(name)] + cells(file)
        if verified, file.problems.isEmpty { cells.append("whole") }
        if !file.problems.isEmpty { cells.append("DAMAGED") }
        return skipped(file) + cells.joined(separator: "  ") + "\n"
            + file.problems.map { "  " + SafeText.line($0) + "\n" }.joined()
    }
    private static func cells(_ file: StoreFiles.File) -> [String] {
        let bytes = StatusTable.bytes(UInt64(file.bytes))
        switch file.kind {
        case .events(let events):
            let recorded = events.recordedAt.map {
                "recorded \($0.lowerBound.rfc3339) to \($0.upperBound.rfc3339)"
            }
            return [
                events.sequences.map { "\($0.first) to \($0.last)" } ?? "empty",
                "\(events.count) events", bytes, recorded,
            ].compactMap(\.self)
        case .lost(let events, let ranges):
            return ["\(events) events that are lost, in \(ranges) places", bytes]
        case .snapshot(let createdAt):
            return [createdAt.map { "of a snapshot at \($0.rfc3339)" } ?? "of a snapshot", bytes]
        case .policies(let organizations):
            return ["policies of \(organizations) organizations", bytes]
        case .tokens(let count):
            return ["\(count) API tokens", bytes]
        case .quotas(let count):
            return ["\(count) quotas", bytes]
        case .sequences(let organizations):
            return ["sequences of \(organizations) organizations without events", bytes]
        }
    }

    private static func skipped(_ file: StoreFiles.File) -> String {
        guard case .events(let events) = file.kind, let skipped = events.skipped else { return "" }
        return "  skipped when the store was restored: \(skipped.first) to \(skipped.last)\n"
    }
}
