import ArgumentParser
import AuditClient

struct WhoamiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: "Print what the server takes the caller for.",
        discussion: """
            By the token, the client certificate, or being on the server's machine: roles, \
            organizations, and until when.

            Examples:

              auditrpc whoami
              AUDITRPC_TOKEN_FILE=ci.token auditrpc whoami --output json
            """)

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let caller = try await settings.withClient { try await $0.getCaller() }
        let surface = output.surface(environment: Environment.variables)
        try StandardStream.output.write(CallerTable.text(caller, surface: surface))
    }
}
