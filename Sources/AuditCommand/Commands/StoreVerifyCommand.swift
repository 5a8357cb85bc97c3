import ArgumentParser

struct StoreVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every byte of a data folder and say what is damaged.",
        discussion: """
            Every checksum is computed, every index compared with the events, and LOST, SNAPSHOT and \
            policies.json are read as a start reads them. Changes nothing; a server may be running. \
            Ends with 70 when anything is wrong.

            Example:

              auditrpc store verify /var/lib/auditrpc
            """)

    @Argument(help: "The data folder.") var folder: String

    func run() throws {
        try StoreFileTable.write(folder, readsEverything: true)
    }
}
