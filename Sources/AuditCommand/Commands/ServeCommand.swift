import Access
import ArgumentParser
import AuditGateway
import AuditService
import Codec
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server until SIGTERM or SIGINT.",
        discussion: """
            Calls under way are finished before it ends. What it did is logged to standard error.

            It speaks plain text to this machine only. For others it needs a certificate; new \
            files take the place of old ones within seconds, or at once with SIGHUP, and no \
            connection ends for it.

            Who calls is told by an API token (auditrpc token), or, with --access, by a client \
            certificate or a JWT. The file has who may do what by them, such as:

              {"certificates": [{"uri": "spiffe://example.org/billing", "role": "recorder",
                                 "organization": "acme", "name": "billing"}],
               "jwt": {"issuer": "https://login.example.org", "audience": "auditrpc",
                       "jwks": "jwks.json", "organization_claim": "org",
                       "role_claim": "audit_role", "roles": {"audit-reader": "reader"}}}

            Examples:

              auditrpc serve
              auditrpc serve --http 127.0.0.1:0
              auditrpc serve --listen [::1]:50051 --data /var/lib/auditrpc --retention 365d
              auditrpc serve --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key
              auditrpc serve --listen 0.0.0.0:50051 --tls-cert server.pem --tls-key server.key \
            --tls-client-ca clients.pem --access access.json
              auditrpc serve --listen unix:/run/auditrpc/socket --listen 127.0.0.1:50051
              AUDITRPC_LISTEN=127.0.0.1:7000,unix:/run/audit.sock auditrpc serve
            """)

    @OptionGroup var options: ServeOptions

    func run() async throws {
        CoreDumps.turnOff()
        var configuration = try options.configuration(environment: Environment.variables)
        let level = try options.level(environment: Environment.variables)
        let logger = Logger(label: "auditrpc") { label in
            var handler = SafeLogHandler(StreamLogHandler.standardError(label: label))
            handler.logLevel = level
            return handler
        }
        // Until it is heard: a replay may take minutes, and whoever renews certificates knows nothing of it.
        let hasFiles = configuration.tls != nil || configuration.accessFile != nil
        if hasFiles { signal(SIGHUP, SIG_IGN) }
        let http = try options.gateway(environment: Environment.variables)
        if let http {
            try AuditServer.check(http.listen, configuration)
            configuration.gatewayConnectionsMax = Gateway.connectionsMax
        }
        let server = try await AuditServer.open(configuration, logger: logger)
        let gateway = http.map { Gateway($0, server: server, logger: logger) }
        var services = [
            ServiceGroupConfiguration.ServiceConfiguration(
                service: server, successTerminationBehavior: .gracefullyShutdownGroup)
        ]
        if hasFiles {
            services.append(.init(service: HangupService(server: server)))
        }
        // Ends before the server whose calls it makes.
        if let gateway { services.append(.init(service: gateway)) }
        services.append(
            .init(
                service: Greeter(
                    server: server, gateway: gateway, configuration: configuration)))
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}

/// Has a server look at its certificates and access rules when SIGHUP says that there are new ones.
private struct HangupService: Service {
    let server: AuditServer

    func run() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            await server.checkFiles()
        }
    }
}

/// Says where a server listens. A service, because services begin when signals are heard: whoever
/// reads this may send one.
private struct Greeter: Service {
    let server: AuditServer
    let gateway: Gateway?
    let configuration: AuditServerConfiguration

    func run() async {
        let pageURL = await gateway?.url()
        try? StandardStream.output.write(
            ServeGreeting(
                addresses: server.addresses, retention: server.retentionByDefault,
                configuration: configuration, pageURL: pageURL, firstToken: server.firstToken,
                program: CommandLine.arguments.first ?? "auditrpc"
            ).text)
        try? await gracefulShutdown()
    }
}

/// What is printed once calls are answered.
struct ServeGreeting {
    let addresses: [ListenAddress]
    /// By the policy in force, which need not be the one that was configured.
    let retention: Duration?
    let configuration: AuditServerConfiguration
    /// Nil where HTTP is not answered.
    var pageURL: String?
    /// The secret of the operator's token that was made because there was none.
    var firstToken: String?
    let program: String

    var text: String {
        let folder = URL(fileURLWithPath: configuration.dataDirectory).standardizedFileURL.path
        let age = retention.map(DurationExpression.text)
        let kept = age.map { "for \($0)" } ?? "for ever"
        let server = serverOptions
        return """
            auditrpc \(AuditServer.version) is listening on \(listening)
            \(page)events are kept in \(folder) \(kept)
            \(access)

            Try next:
              \(program) record\(server) --event-type CREATE \
            --target-type SERVICE --target web --actor ada --change "a first event"
              \(program) query\(server) --since 1h
              \(program) tail\(server)


            """
    }

    private var page: String { pageURL.map { "the page is at \($0)\n" } ?? "" }

    /// Who may do what, and the first token.
    private var access: String {
        let local =
            switch configuration.localAccess {
            case .none: "every call needs a credential"
            case .development:
                """
                callers on this machine need no credential for the organization \
                \(LocalAccess.organization); all others do
                """
            case .operator: "callers on this machine may do everything without a credential"
            }
        guard let firstToken else { return local }
        return """
            \(local)

            The first operator token, shown this once (for $AUDITRPC_TOKEN; `token create` makes others):
              \(firstToken)
            """
    }

    private var listening: String {
        addresses.map { "\($0)\(isEncrypted($0) ? " (TLS)" : "")" }.joined(separator: " and ")
    }

    private func isEncrypted(_ address: ListenAddress) -> Bool {
        configuration.tls != nil && !address.isUnixSocket
    }

    /// What a client needs to say to reach the first address.
    private var serverOptions: String {
        guard let address = addresses.first else { return "" }
        guard isEncrypted(address) else {
            let reached = address.onThisMachine
            let server =
                reached.description == ServerOptions.defaultServer ? "" : " --server \(reached)"
            return server + (reached.isThisMachine ? "" : " --insecure")
        }
        // Which of its names the certificate has is for the reader to say.
        let host = address.isWildcard ? "HOST:\(address.port ?? 0)" : address.description
        let server = host == ServerOptions.defaultServer ? "" : " --server \(host)"
        let identity =
            configuration.tls?.clientCAFile == nil ? "" : " --tls-cert FILE --tls-key FILE"
        return "\(server) --tls-ca FILE\(identity)"
    }
}
