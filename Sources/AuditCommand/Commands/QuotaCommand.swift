import ArgumentParser
import AuditClient
import AuditModel
import Codec

struct QuotaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota",
        abstract: "Print and change what organizations and tokens may take.",
        discussion: """
            Each organization has a quota of its own or the default one; a token may have one beside \
            it. What is over a quota is refused, and told when to come again. Each change is an \
            event itself.

            Examples:

              auditrpc quota list
              auditrpc quota set acme --events-per-second 1000 --bytes-per-day 10GiB
              auditrpc quota remove acme
            """,
        subcommands: [SetQuotaCommand.self, RemoveQuotaCommand.self, ListQuotasCommand.self])
}

struct SetQuotaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set the quota of an organization or a token, or the default.",
        discussion: """
            The quota takes the place of the one before, in all of its parts: what is left out is \
            not limited. It holds at once, for the calls that are open, too.

            Examples:

              auditrpc quota set acme --events-per-second 1000 --bytes-per-day 10GiB \
            --subscribers 100 --query-ms-per-second 200
              auditrpc quota set --token 3f2a9c01b7de --events-per-second 50
              auditrpc quota set --default --events-per-second 500 --reason "order 4711"
              auditrpc quota set globex --unlimited
            """)

    @OptionGroup(title: "Quota") var subject: QuotaSubjectOptions
    @OptionGroup(title: "Limits") var limits: QuotaOptions

    @Option(help: ArgumentHelp("Why, for the event that tells of it.", valueName: "text"))
    var reason = ""

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var server: ServerOptions

    func run() async throws {
        var request = try subject.request()
        request.quota = try limits.quota()
        request.reason = reason
        try await QuotaChange.make(request, server, output)
    }
}

struct RemoveQuotaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a quota; for an organization the default holds again.",
        discussion: """
            Examples:

              auditrpc quota remove acme
              auditrpc quota remove --token 3f2a9c01b7de
              auditrpc quota remove --default
            """)

    @OptionGroup(title: "Quota") var subject: QuotaSubjectOptions

    @Option(help: ArgumentHelp("Why, for the event that tells of it.", valueName: "text"))
    var reason = ""

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var server: ServerOptions

    func run() async throws {
        var request = try subject.request()
        request.reason = reason
        try await QuotaChange.make(request, server, output)
    }
}

/// What setting and removing a quota share.
private enum QuotaChange {
    static func make(
        _ request: SetQuotaRequest, _ server: ServerOptions, _ output: OutputOptions
    ) async throws {
        let settings = try server.settings(
            organizationID: request.organizationID, environment: Environment.variables)
        let response = try await settings.withClient { try await $0.setQuota(request) }
        try StandardStream.output.write(
            QuotaTable.text(response, surface: output.surface(environment: Environment.variables)))
        if response.eventSequence == .zero, response.before != response.after {
            note("the change is in force, but the event that tells of it could not be stored")
        }
    }
}

struct ListQuotasCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Print the quotas of an organization and its tokens, or all of them.",
        discussion: """
            Examples:

              auditrpc quota list
              auditrpc quota list --organization acme --output json
            """)

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let quotas = try await settings.withClient { client in
            var request = ListQuotasRequest(organizationID: settings.organizationID)
            var quotas: [SubjectQuota] = []
            repeat {
                let page = try await client.listQuotas(request)
                quotas += page.quotas
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
            return quotas
        }
        try StandardStream.output.write(
            QuotaTable.text(quotas, surface: output.surface(environment: Environment.variables)))
    }
}
