import ArgumentParser
import AuditClient
import AuditModel
import Codec

struct ImportCloudTrailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudtrail",
        abstract: "Import AWS CloudTrail files.",
        discussion: """
            Each record becomes one event of the account that received it, under the record's own \
            id: importing a file again stores nothing twice. Folders are searched for .json files.

            Examples:

              auditrpc import cloudtrail ./AWSLogs/
              auditrpc import cloudtrail --organization acme trail-1.json trail-2.json
            """)

    @Argument(help: ArgumentHelp("Files, or folders of files.", valueName: "file"))
    var files: [String]

    @OptionGroup var server: ServerOptions

    @Option(
        help: ArgumentHelp(
            "The organization of all records, instead of the account of each.", valueName: "id"))
    var organization: String?

    func run() async throws {
        // $AUDITRPC_ORGANIZATION is for reading: here the records name their accounts themselves.
        let settings = try server.settings(
            organizationID: "", environment: Environment.variables)
        let paths = try CloudTrailFiles.expand(files)
        let importer = CloudTrailImport(
            mapping: CloudTrailMapping(organizationID: organization), paths: paths)
        let outcome = try await settings.withClient { await importer.run(client: $0) }
        try Receipts().print(outcome.summary.text + "\n")
        if let failure = outcome.failure { throw failure }
        if outcome.summary.refused > 0 { throw ExitCode(CommandStatus.refused.rawValue) }
    }
}
