import ArgumentParser
import AuditClient
import Logging

/// Which server, and whose events.
struct ConnectionOptions: ParsableArguments {
    @OptionGroup var server: ServerOptions

    @Option(
        help: ArgumentHelp(
            """
            The organization ($AUDITRPC_ORGANIZATION). Without either it is that of the token, and \
            of an operator's all of them.
            """, valueName: "id"))
    var organization: String?

    /// The options with the environment behind them.
    func resolved(
        environment: [String: String]
    ) throws(CommandError) -> ConnectionSettings {
        // An organization that is named as none widens what is read on purpose.
        try server.settings(
            organizationID: organization ?? environment["AUDITRPC_ORGANIZATION"] ?? "",
            environment: environment)
    }
}

/// Where a client command goes.
struct ConnectionSettings: Hashable, Sendable {
    /// In the order in which they are tried; one at least.
    var servers: [ServerAddress]
    /// Empty for all organizations.
    var organizationID = ""
    var timeout = Limits.callTimeout
    /// The API token; nil for none.
    var token: String?
    /// Nil for plain text.
    var tls: ClientTLS?
    /// A server that is not there yet is waited for.
    var waitsForServer = false
    var retries = true
    /// Requests are compressed.
    var compresses = false

    var configuration: AuditLogClient.Configuration {
        let backoff = Backoff(
            pauseMin: Limits.reconnectPauseMin, pauseMax: Limits.reconnectPauseMax)
        let policy = RetryPolicy(
            attemptsMax: Limits.callAttempts, outageMax: Limits.outageMax, backoff: backoff)
        return AuditLogClient.Configuration(
            callTimeout: timeout, connectTimeout: min(timeout / 2, Limits.connectTimeout),
            waitsForReady: waitsForServer, retryPolicy: retries ? policy : .none,
            reconnectBackoff: backoff, tls: tls, token: token, compressesRequests: compresses)
    }

    /// - Parameter logger: hears of attempts that are repeated.
    func client(logger: Logger) -> AuditLogClient {
        AuditLogClient(servers: servers, configuration: configuration, logger: logger)
    }

    /// Connects, runs `body` and closes, whatever comes of it.
    ///
    /// A server that is not there at first is an error at once, unless it is waited for: most likely
    /// the address is wrong. One that goes away later is given time to come back.
    func withClient<Result>(
        _ body: (AuditLogClient) async throws -> Result
    ) async throws -> Result {
        let client = client(logger: .notes)
        do {
            try await client.connect()
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }
}
