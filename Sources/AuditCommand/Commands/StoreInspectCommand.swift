import ArgumentParser

struct StoreInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Print the files of a data folder.",
        discussion: """
            Reads the logs, the ends of the segments, and LOST, SNAPSHOT and policies.json where they \
            are. Changes nothing; a server may be running.

            Example:

              auditrpc store inspect /var/lib/auditrpc
            """)

    @Argument(help: "The data folder.") var folder: String

    func run() throws {
        try StoreFileTable.write(folder, readsEverything: false)
    }
}
