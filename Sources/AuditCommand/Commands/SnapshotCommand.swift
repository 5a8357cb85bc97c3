import ArgumentParser
import AuditClient
import AuditModel
import Codec
import Foundation

struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Back up a running server into a folder.",
        discussion: """
            The folder has every event up to now and every retention policy. On the file system of \
            the data it takes little room and a moment: files that are not written any more are \
            shared. It is made by the server, on its machine; the folder must be new or empty.

            A copy to another file system may take long: a day is given to it, or what --timeout says.

            To restore it, start a server on a copy. That one goes on with sequences that were \
            never given out.

            Example:

              auditrpc snapshot /backup/audit-2026-11-27
            """)

    @Argument(help: "A new folder, in one that is there, on the server's machine.")
    var folder: String

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var server: ServerOptions

    func run() async throws {
        let environment = Environment.variables
        var settings = try server.settings(organizationID: "", environment: environment)
        if server.timeout == nil, environment["AUDITRPC_TIMEOUT"] == nil {
            settings.timeout = Limits.snapshotTimeout
        }
        let path = Self.absolute(folder, in: FileManager.default.currentDirectoryPath)
        let request = CreateSnapshotRequest(directory: path)
        let response = try await settings.withClient { try await $0.createSnapshot(request) }
        let surface = output.surface(environment: environment)
        try StandardStream.output.write(
            SnapshotTable.text(response, folder: path, surface: surface))
        if response.eventSequence == .zero {
            note("the snapshot is made, but the event that tells of it could not be stored")
        }
    }

    /// As the shell means it; without a slash at its end.
    static func absolute(_ path: String, in folder: String) -> String {
        var path = path.hasPrefix("/") ? path : folder + "/" + path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}

/// What a snapshot holds, and how to start a server on it.
enum SnapshotTable {
    static func text(
        _ response: CreateSnapshotResponse, folder: String, surface: Surface
    ) -> String {
        let fields = fields(response, folder: folder)
        switch surface.format {
        case .json: return JSONLine.text(response.json())
        case .csv:
            return surface.csv.record(fields.map(\.name)) + surface.csv.record(fields.map(\.value))
        case .table: break
        }
        let lines = fields.map {
            surface.style.paint(DisplayWidth.pad($0.name, to: 16), .dim) + SafeText.line($0.value)
        }
        let quoted = SafeText.line(shellWord(folder))
        return lines.joined(separator: "\n") + """


            To restore it, start a server on a copy:
              cp -a \(quoted) NEW-FOLDER
              auditrpc serve --data NEW-FOLDER

            """
    }

    private static func fields(
        _ response: CreateSnapshotResponse, folder: String
    ) -> [(name: String, value: String)] {
        let bytes = StatusTable.bytes(response.fileBytes)
        let sequences =
            response.firstSequence > response.headSequence
            ? "none kept; the head is \(response.headSequence)"
            : "\(response.firstSequence) to \(response.headSequence)"
        return [
            ("Snapshot", folder), ("Created at", response.createdAt?.rfc3339 ?? ""),
            ("Events", String(response.eventCount)), ("Sequences", sequences),
            ("Files", "\(response.fileCount), \(bytes)"),
            ("Linked", "\(response.linkedFiles), which share their space with the server's"),
            ("Copied", String(response.copiedFiles)),
            ("Event", response.eventSequence == .zero ? "" : response.eventSequence.description),
        ]
    }

    /// As a shell reads it as one word.
    static func shellWord(_ text: String) -> String {
        let plain = text.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "/._-".contains($0))
        }
        return plain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
