import ArgumentParser
import AuditClient
import Codec

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list, rotate and revoke API tokens.",
        discussion: """
            A token lets its holder do what its role allows, in one organization. Its secret is \
            shown once. Commands take it from $AUDITRPC_TOKEN, or from a file (--token-file, \
            $AUDITRPC_TOKEN_FILE) that only its owner may read.

            Examples:

              auditrpc token create ci --organization acme --role recorder --source GITHUB_ACTIONS
              auditrpc token list --organization acme
              auditrpc token rotate 3f2a9c01b7de --overlap 1h
              auditrpc token revoke 3f2a9c01b7de --reason "left the team"
              auditrpc token viewer --organization acme --target-type SERVICE --target web --for 15m
            """,
        subcommands: [
            CreateTokenCommand.self, ListTokensCommand.self, RotateTokenCommand.self,
            RevokeTokenCommand.self, ViewerTokenCommand.self,
        ])
}

/// A role that a token may have, by its name.
struct RoleArgument: ExpressibleByArgument {
    let value: Role

    init?(argument: String) {
        guard let role = Role(name: argument), role != .unspecified, role != .viewer else {
            return nil
        }
        value = role
    }

    static var allValueStrings: [String] {
        [Role.recorder, .reader, .admin, .operator].map { $0.name.lowercased() }
    }
}

struct CreateTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token and print its secret, this once.",
        discussion: """
            Roles: recorder records events and reads none; reader queries and follows them; admin \
            also sets retention and makes tokens; operator may do everything in every organization.

            Examples:

              auditrpc token create ci --organization acme --role recorder --source GITHUB_ACTIONS
              auditrpc token create grafana --organization acme --role reader --expires 90d
              (umask 077; auditrpc token create me --role operator --output json \
            | jq -r .secret > token)
            """)

    @Argument(help: "What people call it.") var name: String

    @Option(help: ArgumentHelp("recorder, reader, admin or operator.", valueName: "role"))
    var role: RoleArgument

    @Option(
        help: ArgumentHelp(
            "The source of the events that it records without one.", valueName: "source"))
    var source = ""

    @Option(
        help: ArgumentHelp("How long it is valid; without it, until revoked.", valueName: "time"))
    var expires: String?

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let request = CreateTokenRequest(
            name: name, organizationID: role.value == .operator ? "" : settings.organizationID,
            role: role.value, source: source,
            lifetime: try expires.map { try Setting($0, name: "--expires").duration() })
        let response = try await settings.withClient { try await $0.createToken(request) }
        try StandardStream.output.write(
            TokenTable.text(response, surface: output.surface(environment: Environment.variables)))
    }
}

struct ListTokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Print the tokens of an organization.",
        discussion: """
            Examples:

              auditrpc token list
              auditrpc token list --organization acme --all --output json
            """)

    @Flag(help: "Those too that are revoked or have expired.") var all = false

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let tokens = try await settings.withClient { client in
            var request = ListTokensRequest(
                organizationID: settings.organizationID, includeEnded: all)
            var tokens: [Token] = []
            repeat {
                let page = try await client.listTokens(request)
                tokens += page.tokens
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
            return tokens
        }
        try StandardStream.output.write(
            TokenTable.text(tokens, surface: output.surface(environment: Environment.variables)))
    }
}

struct RotateTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give a token a new secret; the one before stays valid for a while.",
        discussion: """
            Examples:

              auditrpc token rotate 3f2a9c01b7de
              auditrpc token rotate 3f2a9c01b7de --overlap 0s
            """)

    @Argument(help: "The id of the token.") var id: String

    @Option(
        help: ArgumentHelp(
            "How long the secret of before stays valid (1d; 30d at most).", valueName: "time"))
    var overlap: String?

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var server: ServerOptions

    func run() async throws {
        let settings = try server.settings(
            organizationID: "", environment: Environment.variables)
        let request = RotateTokenRequest(
            id: id, overlap: try overlap.map { try Setting($0, name: "--overlap").duration() })
        let response = try await settings.withClient { try await $0.rotateToken(request) }
        try StandardStream.output.write(
            TokenTable.text(response, surface: output.surface(environment: Environment.variables)))
    }
}

struct RevokeTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a token at once, and the calls that were begun with it.",
        discussion: """
            Examples:

              auditrpc token revoke 3f2a9c01b7de
              auditrpc token revoke 3f2a9c01b7de --reason "found in a log"
            """)

    @Argument(help: "The id of the token.") var id: String

    @Option(help: ArgumentHelp("Why, for the event that tells of it.", valueName: "text"))
    var reason = ""

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var server: ServerOptions

    func run() async throws {
        let settings = try server.settings(
            organizationID: "", environment: Environment.variables)
        let request = RevokeTokenRequest(id: id, reason: reason)
        let response = try await settings.withClient { try await $0.revokeToken(request) }
        try StandardStream.output.write(
            TokenTable.text(response, surface: output.surface(environment: Environment.variables)))
    }
}

struct ViewerTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "viewer",
        abstract: "Make a token that lets see one scope or target for minutes, for a page.",
        discussion: """
            It cannot be revoked by itself: it ends with the credential that made it, and within an \
            hour. The options of the filter are those of `query`, without text and times.

            Examples:

              auditrpc token viewer --organization acme --target-type SERVICE --target web
              auditrpc token viewer --organization acme --scope PROJECT:shop --for 5m
            """)

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long it is valid (15m; 1h at most).", valueName: "time"))
    var lifetime: String?

    @OptionGroup(title: "Filter") var filter: FilterOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let request = CreateViewerTokenRequest(
            organizationID: settings.organizationID,
            filter: try filter.filter(now: Environment.now),
            lifetime: try lifetime.map { try Setting($0, name: "--for").duration() })
        let response = try await settings.withClient { try await $0.createViewerToken(request) }
        try StandardStream.output.write(
            TokenTable.text(response, surface: output.surface(environment: Environment.variables)))
    }
}
