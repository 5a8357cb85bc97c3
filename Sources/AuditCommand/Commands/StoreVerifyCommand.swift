import ArgumentParser

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
