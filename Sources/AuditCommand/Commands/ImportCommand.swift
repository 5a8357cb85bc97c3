import ArgumentParser

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import what other systems recorded.",
        discussion: """
            Example:

              auditrpc import cloudtrail ./AWSLogs/
            """,
        subcommands: [ImportCloudTrailCommand.self])
}
