import Access
import ArgumentParser
import AuditGateway
import AuditService
import Foundation
import Logging

/// What an operator decides about a server. Each has a variable behind it.
struct ServeOptions: ParsableArguments {
    static let retentionUsual = "30d"
    static let folderUsual = "./data"
    static let httpUsual = "127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            """
            Where to listen: host:port (port 0 lets the system choose) or unix:/path; may be \
            repeated ($AUDITRPC_LISTEN, with commas between; \(ServerOptions.defaultServer)).
            """, valueName: "address"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Where to answer HTTP, for browsers and curl: host:port, or none ($AUDITRPC_HTTP; \
            \(ServeOptions.httpUsual) where that is free, none beside Unix sockets alone).
            """, valueName: "address"))
    var http: String?

    @Option(
        help: ArgumentHelp(
            """
            The folder of the events; made when missing ($AUDITRPC_DATA; \
            \(ServeOptions.folderUsual)).
            """, valueName: "folder"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            """
            The longest age an event may reach, or none to keep all ($AUDITRPC_RETENTION; \
            \(ServeOptions.retentionUsual)).
            """, valueName: "age"))
    var retention: String?

    @Option(
        help: ArgumentHelp(
            """
            Bytes of one log file: the grain in which retention returns space \
            ($AUDITRPC_LOG_BYTES; 64 MiB).
            """, valueName: "bytes"))
    var logBytes: String?

    @Option(
        help: ArgumentHelp(
            """
            Bytes of all files beyond which the oldest events go before their time, such as 50GiB, \
            but for those under legal hold ($AUDITRPC_MAX_BYTES; none).
            """, valueName: "bytes"))
    var maxBytes: String?

    @Option(
        help: ArgumentHelp(
            """
            The certificate, and what leads to its root, in PEM: speak TLS on every host:port \
            ($AUDITRPC_TLS_CERT).
            """, valueName: "file"))
    var tlsCert: String?

    @Option(
        help: ArgumentHelp("The key of the certificate ($AUDITRPC_TLS_KEY).", valueName: "file"))
    var tlsKey: String?

    @Option(
        name: .customLong("tls-client-ca"),
        help: ArgumentHelp(
            """
            The authorities whose certificates clients must show; none are asked for without \
            ($AUDITRPC_TLS_CLIENT_CA).
            """, valueName: "file"))
    var tlsClientCA: String?

    @Option(
        help: ArgumentHelp(
            "The permissions of Unix sockets ($AUDITRPC_SOCKET_MODE; 0600).", valueName: "octal"))
    var socketMode: String?

    @Flag(
        help: """
            Speak plain text also to other machines, where everybody between may read and change \
            it ($AUDITRPC_INSECURE=1).
            """)
    var insecure = false

    @Option(
        help: ArgumentHelp(
            """
            What callers on this machine may do without a credential: development (everything in the \
            organization of that name), none, or operator (everything) ($AUDITRPC_LOCAL_ACCESS; \
            development, and none for a server that other machines can reach).
            """, valueName: "access"))
    var localAccess: LocalAccess?

    @Option(
        help: ArgumentHelp(
            """
            Who may do what by a client certificate or a JWT, in JSON; read again when it changes \
            ($AUDITRPC_ACCESS; without it API tokens alone say who calls).
            """, valueName: "file"))
    var access: String?

    @Flag(
        name: .customLong("no-read-trace"),
        help: """
            Record no events about who reads the log (AUDIT_READ, one for each caller and minute; \
            $AUDITRPC_NO_READ_TRACE=1).
            """)
    var isReadTraceOff = false

    @Flag(
        help: """
            Compress the answers that hold events, for clients that take gzip: for slow networks, at \
            the cost of the processor ($AUDITRPC_COMPRESS=1).
            """)
    var compress = false

    @Option(
        help: ArgumentHelp(
            """
            The age at which a connection is asked to end, a tenth more or less, so that clients \
            spread anew over the servers of a name; calls get a minute to finish \
            ($AUDITRPC_MAX_CONNECTION_AGE; none).
            """, valueName: "age"))
    var maxConnectionAge: String?

    @Option(
        help: ArgumentHelp(
            """
            trace, debug, info, notice, warning, error or critical ($AUDITRPC_LOG_LEVEL; info).
            """, valueName: "level"))
    var logLevel: LogLevel?

    /// The options with the environment behind them.
    func configuration(
        environment: [String: String]
    ) throws(CommandError) -> AuditServerConfiguration {
        func setting(_ option: String?, _ name: String, or variable: String) -> Setting? {
            Setting(option, name, or: variable, in: environment)
        }
        let data = setting(data, "--data", or: "AUDITRPC_DATA")?.text ?? Self.folderUsual
        guard !data.isEmpty else { throw CommandError(.usage, "--data names no folder") }
        var configuration = AuditServerConfiguration(
            listen: try addresses(environment), dataDirectory: data)
        if let age = setting(retention, "--retention", or: "AUDITRPC_RETENTION") {
            configuration.retention = try Self.age(age)
        }
        if let bytes = setting(logBytes, "--log-bytes", or: "AUDITRPC_LOG_BYTES") {
            configuration.logBytesMax = try bytes.bytes()
        }
        if let bytes = setting(maxBytes, "--max-bytes", or: "AUDITRPC_MAX_BYTES"),
            bytes.text != "none"
        {
            let count = try bytes.bytes()
            guard count >= configuration.logBytesMax else {
                throw bytes.error(
                    "is less than one log, \(StatusTable.bytes(UInt64(configuration.logBytesMax)))")
            }
            configuration.bytesMax = count
        }
        if let age = setting(
            maxConnectionAge, "--max-connection-age", or: "AUDITRPC_MAX_CONNECTION_AGE")
        {
            configuration.connectionAgeMax = try Self.age(age)
        }
        if let mode = setting(socketMode, "--socket-mode", or: "AUDITRPC_SOCKET_MODE") {
            guard let bits = UInt32(mode.text, radix: 8), bits <= 0o777 else {
                throw mode.error("is not a mode: write it as chmod takes it, 0660")
            }
            configuration.socketMode = bits
        }
        configuration.localAccess = try localAccess(
            environment,
            isReachable:
                !(configuration.listen
                + [try gateway(environment: environment)?.listen].compactMap(\.self))
                .allSatisfy(\.isThisMachine))
        configuration.accessFile = setting(access, "--access", or: "AUDITRPC_ACCESS")?.text
        configuration.tracesReads = try !Setting.flag(
            isReadTraceOff, or: "AUDITRPC_NO_READ_TRACE", in: environment)
        configuration.tls = try serverTLS(environment)
        configuration.allowsPlainText = try Setting.flag(
            insecure, or: "AUDITRPC_INSECURE", in: environment)
        configuration.compressesAnswers = try Setting.flag(
            compress, or: "AUDITRPC_COMPRESS", in: environment)
        return configuration
    }

    /// Where HTTP is answered; nil for nowhere.
    func gateway(
        environment: [String: String]
    ) throws(CommandError) -> Gateway.Configuration? {
        guard let setting = Setting(http, "--http", or: "AUDITRPC_HTTP", in: environment) else {
            // Who listens on Unix sockets alone has chosen who may connect.
            guard try !addresses(environment).allSatisfy(\.isUnixSocket) else { return nil }
            return Gateway.Configuration(
                listen: ListenAddress(Self.httpUsual)!, isOptional: true)
        }
        guard setting.text != "none" else { return nil }
        guard let address = ListenAddress(setting.text), !address.isUnixSocket else {
            throw setting.error("is not an address: write host:port, or none")
        }
        return Gateway.Configuration(listen: address, isOptional: false)
    }

    func level(environment: [String: String]) throws(CommandError) -> Logger.Level {
        let variable = Setting(nil, "", or: "AUDITRPC_LOG_LEVEL", in: environment)
        guard logLevel == nil, let variable else { return (logLevel ?? .info).level }
        guard let level = LogLevel(argument: variable.text) else {
            throw variable.error(
                "is none of \(LogLevel.allValueStrings.joined(separator: ", "))")
        }
        return level.level
    }

    private func localAccess(
        _ environment: [String: String], isReachable: Bool
    ) throws(CommandError) -> LocalAccess {
        if let localAccess { return localAccess }
        guard let variable = Setting(nil, "", or: "AUDITRPC_LOCAL_ACCESS", in: environment) else {
            return isReachable ? .none : .development
        }
        guard let access = LocalAccess(rawValue: variable.text) else {
            throw variable.error(
                "is none of \(LocalAccess.allValueStrings.joined(separator: ", "))")
        }
        return access
    }

    private func addresses(_ environment: [String: String]) throws(CommandError) -> [ListenAddress]
    {
        var settings = listen.map { Setting($0, name: "--listen") }
        if settings.isEmpty,
            let all = Setting(nil, "", or: "AUDITRPC_LISTEN", in: environment)
        {
            settings = all.text.split(separator: ",").map {
                Setting($0.trimmingCharacters(in: .whitespaces), name: all.name)
            }
        }
        if settings.isEmpty {
            settings = [Setting(ServerOptions.defaultServer, name: "--listen")]
        }
        var addresses: [ListenAddress] = []
        for setting in settings {
            guard let address = ListenAddress(setting.text) else {
                throw setting.error("is not an address: write host:port or unix:/path")
            }
            addresses.append(address)
        }
        return addresses
    }

    private static func age(_ age: Setting) throws(CommandError) -> Duration? {
        guard age.text != "none" else { return nil }
        let duration = try age.duration()
        guard duration > .zero else { throw age.error("must be more than nothing, or none") }
        return duration
    }

    private func serverTLS(_ environment: [String: String]) throws(CommandError) -> ServerTLS? {
        let certificate = Setting(
            tlsCert, "--tls-cert", or: "AUDITRPC_TLS_CERT", in: environment)
        let key = Setting(tlsKey, "--tls-key", or: "AUDITRPC_TLS_KEY", in: environment)
        let clientCA = Setting(
            tlsClientCA, "--tls-client-ca", or: "AUDITRPC_TLS_CLIENT_CA", in: environment)
        switch (certificate, key, clientCA) {
        case (nil, nil, nil): return nil
        case (let certificate?, let key?, let clientCA):
            return ServerTLS(
                certificateFile: certificate.text, keyFile: key.text, clientCAFile: clientCA?.text)
        default:
            throw CommandError(.usage, "TLS needs both --tls-cert and --tls-key")
        }
    }
}

extension LocalAccess: ExpressibleByArgument {}
