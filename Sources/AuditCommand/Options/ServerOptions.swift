import ArgumentParser
import AuditClient

/// Which server a client command talks to, and how.
struct ServerOptions: ParsableArguments {
    static let defaultServer = "127.0.0.1:50051"

    @Option(
        help: ArgumentHelp(
            """
            The server: host:port, or unix:/path for a socket of this machine ($AUDITRPC_SERVER; \
            \(ServerOptions.defaultServer)). Several of one log, with commas between, are tried in \
            turn.
            """, valueName: "address"))
    var server: String?

    @Option(
        help: ArgumentHelp(
            "How long one call may take, with all its attempts ($AUDITRPC_TIMEOUT; 30s).",
            valueName: "duration"))
    var timeout: String?

    @Flag(help: "Wait for a server that is not there yet, until the timeout ($AUDITRPC_WAIT=1).")
    var wait = false

    @Flag(
        name: .customLong("no-retry"),
        help: """
            Make each call once, also when the server goes away meanwhile ($AUDITRPC_NO_RETRY=1).
            """)
    var isSingleAttempt = false

    @Flag(help: "Compress requests, for a slow network ($AUDITRPC_COMPRESS=1).")
    var compress = false

    @Option(
        help: ArgumentHelp(
            """
            A file with the API token to show, which only its owner may read ($AUDITRPC_TOKEN has \
            the token itself, $AUDITRPC_TOKEN_FILE the file).
            """, valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Speak TLS, and believe the authorities of the system ($AUDITRPC_TLS=1).")
    var tls = false

    @Option(
        name: .customLong("tls-ca"),
        help: ArgumentHelp(
            "Speak TLS, and believe the authorities in this PEM file ($AUDITRPC_TLS_CA).",
            valueName: "file"))
    var tlsCA: String?

    @Option(
        help: ArgumentHelp(
            "The certificate to show to a server that asks for one ($AUDITRPC_TLS_CERT).",
            valueName: "file"))
    var tlsCert: String?

    @Option(
        help: ArgumentHelp("The key of that certificate ($AUDITRPC_TLS_KEY).", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            """
            The name that the server's certificate must have, where it is not the one in \
            --server ($AUDITRPC_TLS_SERVER_NAME).
            """, valueName: "name"))
    var tlsServerName: String?

    @Flag(
        help: """
            Speak plain text to another machine, where everybody between may read and change it \
            ($AUDITRPC_INSECURE=1).
            """)
    var insecure = false

    /// The options with the environment behind them.
    func settings(
        organizationID: String, environment: [String: String]
    ) throws(CommandError) -> ConnectionSettings {
        let server =
            Setting(self.server, "--server", or: "AUDITRPC_SERVER", in: environment)
            .flatMap { $0.text.isEmpty ? nil : $0 }
            ?? Setting(Self.defaultServer, name: "--server")
        let servers = try Self.addresses(server)
        var settings = ConnectionSettings(servers: servers, organizationID: organizationID)
        settings.waitsForServer = try Setting.flag(wait, or: "AUDITRPC_WAIT", in: environment)
        settings.retries = try !Setting.flag(
            isSingleAttempt, or: "AUDITRPC_NO_RETRY", in: environment)
        settings.compresses = try Setting.flag(compress, or: "AUDITRPC_COMPRESS", in: environment)
        if let timeout = Setting(timeout, "--timeout", or: "AUDITRPC_TIMEOUT", in: environment) {
            settings.timeout = try timeout.duration()
            guard settings.timeout > .zero else {
                throw timeout.error("must be more than nothing")
            }
        }
        settings.token = try TokenSetting.token(file: tokenFile, environment: environment)
        settings.tls = try clientTLS(environment)
        if settings.tls == nil, !servers.allSatisfy(\.isThisMachine) {
            guard try Setting.flag(insecure, or: "AUDITRPC_INSECURE", in: environment) else {
                throw server.error(
                    "is another machine: give --tls-ca FILE, or --tls for the authorities of the "
                        + "system, or --insecure to speak plain text that others may read")
            }
        }
        return settings
    }

    private static func addresses(_ setting: Setting) throws(CommandError) -> [ServerAddress] {
        var addresses: [ServerAddress] = []
        for text in setting.text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let address = ServerAddress(String(text)), address.port != 0 else {
                throw setting.error("is not an address: write host:port or unix:/path")
            }
            addresses.append(address)
        }
        return addresses
    }

    /// Nil for plain text. What is asked for here goes before what the environment asks for.
    private func clientTLS(_ environment: [String: String]) throws(CommandError) -> ClientTLS? {
        func value(_ option: String?, _ variable: String) -> String? {
            Setting(option, "", or: variable, in: environment)?.text
        }
        let given = [tlsCA, tlsCert, tlsKey, tlsServerName]
        let isGiven = tls || given.contains { $0 != nil }
        guard !(isGiven && insecure) else {
            throw CommandError(
                .usage, "--insecure means plain text: leave it out, or the --tls options")
        }
        let tls = ClientTLS(
            caFile: value(tlsCA, "AUDITRPC_TLS_CA"),
            certificateFile: value(tlsCert, "AUDITRPC_TLS_CERT"),
            keyFile: value(tlsKey, "AUDITRPC_TLS_KEY"),
            serverName: value(tlsServerName, "AUDITRPC_TLS_SERVER_NAME"))
        if isGiven { return tls }
        let isExpected = try Setting.flag(
            tls != ClientTLS(), or: "AUDITRPC_TLS", in: environment)
        return isExpected && !insecure ? tls : nil
    }
}
