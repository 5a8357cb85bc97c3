import ArgumentParser
import AuditClient

/// Which server, whose events, how long to wait.
struct ConnectionOptions: ParsableArguments {
    static let defaultServer = "127.0.0.1:50051"

    @Option(
        help: ArgumentHelp(
            """
            The server's address; $AUDITRPC_SERVER where it is left out, \
            \(ConnectionOptions.defaultServer) without either.
            """, valueName: "host:port"))
    var server: String?

    @Option(
        help: ArgumentHelp(
            """
            The organization; $AUDITRPC_ORGANIZATION where it is left out. Without either, what \
            reads covers all of them.
            """, valueName: "id"))
    var organization: String?

    @Option(help: ArgumentHelp("How long one call may take (30s).", valueName: "duration"))
    var timeout: String?

    /// The options with the environment behind them.
    func resolved(
        environment: [String: String]
    ) throws(CommandError) -> ConnectionSettings {
        try ConnectionSettings(
            server: server ?? environment["AUDITRPC_SERVER"],
            organization: organization ?? environment["AUDITRPC_ORGANIZATION"], timeout: timeout)
    }
}

/// Where a client command goes.
struct ConnectionSettings: Hashable, Sendable {
    var address: ServerAddress
    /// Empty for all organizations.
    var organizationID: String
    var timeout = Limits.callTimeout

    /// - Parameter server: nil or empty for the default.
    init(server: String?, organization: String?, timeout: String?) throws(CommandError) {
        let chosen = server.flatMap { $0.isEmpty ? nil : $0 }
        let text = chosen ?? ConnectionOptions.defaultServer
        guard let address = ServerAddress(text), address.port > 0 else {
            throw CommandError(
                .usage, "the server '\(SafeText.line(text))' is not an address: write host:port")
        }
        self.address = address
        organizationID = organization ?? ""
        if let timeout {
            self.timeout = try DurationExpression.parse(timeout)
            guard self.timeout > .zero else {
                throw CommandError(.usage, "--timeout must be more than nothing")
            }
        }
    }

    func connect() async throws(AuditClientError) -> AuditLogClient {
        try await AuditLogClient.connect(
            to: address,
            configuration: AuditLogClient.Configuration(
                callTimeout: timeout, connectTimeout: min(timeout, .seconds(10))))
    }

    /// Connects, runs `body` and closes, whatever comes of it.
    func withClient<Result>(
        _ body: (AuditLogClient) async throws -> Result
    ) async throws -> Result {
        let client = try await connect()
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }
}
