import ArgumentParser
import AuditClient

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Print what the server holds.",
        discussion: """
            Examples:

              auditrpc status
              auditrpc status --server audit.internal:50051 --output json
            """)

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let settings = try connection.resolved(environment: Environment.variables)
        let (status, server) = try await settings.withClient { client in
            let status = try await client.getStatus()
            return (status, client.connectedServer ?? client.servers[0])
        }
        let surface = output.surface(environment: Environment.variables)
        try StandardStream.output.write(
            StatusTable.text(status, server: server.description, surface: surface))
    }
}
