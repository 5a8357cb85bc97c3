import ArgumentParser
import AuditClient
import AuditService
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

            Examples:

              auditrpc serve
              auditrpc serve --listen [::1]:50051 --data /var/lib/auditrpc --retention 365d
            """)

    @Option(
        help: ArgumentHelp(
            "The address to listen on; port 0 lets the system choose.", valueName: "host:port"))
    var listen: String = ConnectionOptions.defaultServer

    @Option(help: ArgumentHelp("The folder of the events; made when missing.", valueName: "folder"))
    var data: String = "./data"

    @Option(
        help: ArgumentHelp(
            "The longest age an event may reach, or none to keep all.", valueName: "age"))
    var retention: String = "30d"

    @Option(
        help: ArgumentHelp(
            "Bytes of one log file: the grain in which retention returns space.",
            valueName: "bytes"))
    var logBytes: Int?

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: LogLevel = .info

    func run() async throws {
        let configuration = try serverConfiguration()
        let level = logLevel.level
        let logger = Logger(label: "auditrpc") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let server = try await AuditServer.open(configuration, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: server, successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try? StandardStream.output.write(
            Self.greeting(
                address: server.listeningAddress, configuration: configuration,
                program: CommandLine.arguments.first ?? "auditrpc"))
        try await group.run()
    }

    func serverConfiguration() throws(CommandError) -> AuditServerConfiguration {
        guard let address = ServerAddress(listen) else {
            throw CommandError(
                .usage, "--listen '\(SafeText.line(listen))' is not an address: write host:port")
        }
        guard !data.isEmpty else { throw CommandError(.usage, "--data names no folder") }
        var configuration = AuditServerConfiguration(
            host: address.host, port: address.port, dataDirectory: data)
        if retention == "none" {
            configuration.retention = nil
        } else {
            let age = try DurationExpression.parse(retention)
            guard age > .zero else {
                throw CommandError(.usage, "--retention must be more than nothing, or none")
            }
            configuration.retention = age
        }
        if let logBytes { configuration.logBytesMax = logBytes }
        return configuration
    }

    /// What is printed once calls are answered.
    static func greeting(
        address: String, configuration: AuditServerConfiguration, program: String
    ) -> String {
        let folder = URL(fileURLWithPath: configuration.dataDirectory).standardizedFileURL.path
        let age = configuration.retention.map(DurationExpression.text)
        let kept = age.map { "for \($0)" } ?? "for ever"
        let server = address == ConnectionOptions.defaultServer ? "" : " --server \(address)"
        return """
            auditrpc \(AuditServer.version) is listening on \(address)
            events are kept in \(folder) \(kept)

            Try next:
              \(program) record\(server) --organization acme --event-type CREATE \
            --target-type SERVICE --target web --actor ada --change "a first event"
              \(program) query\(server) --since 1h
              \(program) tail\(server)


            """
    }
}

/// The levels of swift-log, as they are typed.
struct LogLevel: ExpressibleByArgument, Hashable {
    var level: Logger.Level

    static let info = LogLevel(level: .info)

    private init(level: Logger.Level) { self.level = level }

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument.lowercased()) else { return nil }
        self.level = level
    }

    var defaultValueDescription: String { level.rawValue }

    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
}
