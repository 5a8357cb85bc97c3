import ArgumentParser
import AuditClient
import AuditModel
import Codec

struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Print and change how long events are kept.",
        discussion: """
            Each organization has a policy of its own or the default one. A legal hold keeps \
            everything, whatever the policy says. Each change is an event itself.

            Examples:

              auditrpc retention list
              auditrpc retention get acme
              auditrpc retention set acme --plan team --reason "order 4711" --dry-run
            """,
        subcommands: [
            GetRetentionCommand.self, ListRetentionCommand.self, SetRetentionCommand.self,
        ])
}

struct GetRetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print what holds for one organization, or by default.",
        discussion: """
            Examples:

              auditrpc retention get
              auditrpc retention get acme --output json
            """)

    @Argument(help: ArgumentHelp("Without it: the default policy.", valueName: "organization"))
    var organization = ""

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var server: ServerOptions

    func run() async throws {
        let settings = try server.settings(
            organizationID: organization, environment: Environment.variables)
        let request = GetRetentionRequest(organizationID: organization)
        let response = try await settings.withClient { try await $0.getRetention(request) }
        let surface = output.surface(environment: Environment.variables)
        try StandardStream.output.write(
            RetentionTable.text([response.retention], surface: surface))
    }
}

struct ListRetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Print the default policy and every organization with one of its own.",
        discussion: """
            Examples:

              auditrpc retention list
              auditrpc retention list --output json | jq 'select(.legal_hold)'
            """)

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var server: ServerOptions

    func run() async throws {
        let settings = try server.settings(
            organizationID: "", environment: Environment.variables)
        let retentions = try await settings.withClient { client in
            var request = ListRetentionRequest()
            var retentions: [OrganizationRetention] = []
            repeat {
                let page = try await client.listRetention(request)
                retentions += page.retentions
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
            return retentions
        }
        let surface = output.surface(environment: Environment.variables)
        try StandardStream.output.write(RetentionTable.text(retentions, surface: surface))
    }
}

struct SetRetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change how long the events of an organization are kept.",
        discussion: """
            What a shorter age hides is hidden at once and removed at the next sweep; what a longer \
            one covers is shown again unless it was removed. Ask with --dry-run first.

            Examples:

              auditrpc retention set acme --plan team
              auditrpc retention set acme --max-age 90d --reason "contract 7"
              auditrpc retention set acme --legal-hold on
              auditrpc retention set acme --inherit --legal-hold off
              auditrpc retention set --default --max-age 14d --dry-run
            """)

    @OptionGroup(title: "Change") var change: RetentionOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var server: ServerOptions

    func run() async throws {
        let request = try change.request()
        let settings = try server.settings(
            organizationID: request.organizationID, environment: Environment.variables)
        let response = try await settings.withClient { try await $0.setRetention(request) }
        let surface = output.surface(environment: Environment.variables)
        try StandardStream.output.write(
            RetentionTable.text(response, isDryRun: request.dryRun, surface: surface))
        if response.eventSequence == .zero, !request.dryRun, response.before != response.after {
            note("the change is in force, but the event that tells of it could not be stored")
        }
    }
}
