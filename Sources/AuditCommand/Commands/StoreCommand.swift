import ArgumentParser

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Look at the files of a data folder, or repair them.",
        subcommands: [
            StoreInspectCommand.self, StoreVerifyCommand.self, StoreRepairCommand.self,
        ])
}
