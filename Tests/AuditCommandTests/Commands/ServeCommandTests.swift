import ArgumentParser
import AuditService
import Foundation
import Logging
import Testing

@testable import AuditCommand

struct ServeCommandTests {
    private func configuration(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> AuditServerConfiguration {
        try ServeCommand.parse(arguments).options.configuration(environment: environment)
    }

    private func greeting(
        _ arguments: [String], at addresses: [ListenAddress]? = nil
    ) throws -> String {
        let configuration = try configuration(arguments)
        return ServeGreeting(
            addresses: addresses ?? configuration.listen, retention: configuration.retention,
            configuration: configuration,
            program: "auditrpc"
        ).text
    }

    @Test func theDefaultsAreThoseOfTheHelp() throws {
        let configuration = try configuration([])
        #expect(configuration.listen == [ListenAddress(host: "127.0.0.1", port: 50051)])
        #expect(configuration.dataDirectory == "./data")
        #expect(configuration.retention == .seconds(30 * 86_400))
        #expect(configuration.logBytesMax == 64 << 20)
        #expect(configuration.tls == nil && !configuration.allowsPlainText)
        #expect(configuration.socketMode == 0o600)
        #expect(try ServeCommand.parse([]).options.level(environment: [:]) == .info)
    }

    @Test func theAccessFileHasAVariable() throws {
        #expect(try configuration([]).accessFile == nil)
        #expect(try configuration([], ["AUDITRPC_ACCESS": "a.json"]).accessFile == "a.json")
        let both = try configuration(["--access", "b.json"], ["AUDITRPC_ACCESS": "a.json"])
        #expect(both.accessFile == "b.json")
    }

    @Test func everythingCanBeKept() throws {
        let arguments = ["--retention", "none", "--listen", "[::]:0"]
        #expect(try configuration(arguments).retention == nil)
        let greeting = try greeting(arguments, at: [ListenAddress(host: "::", port: 7)])
        #expect(greeting.contains("listening on [::]:7\n"))
        #expect(greeting.contains("for ever"))
        #expect(greeting.contains("auditrpc tail --server [::1]:7\n"))
    }

    @Test func severalAddresses() throws {
        let arguments = ["--listen", "127.0.0.1:50051", "--listen", "unix:/run/a,b"]
        #expect(
            try configuration(arguments).listen.map(\.description) == [arguments[1], arguments[3]])
        let greeting = try greeting(arguments)
        #expect(greeting.contains("listening on 127.0.0.1:50051 and unix:/run/a,b\n"))
        #expect(greeting.contains("auditrpc tail\n"))
    }

    @Test func theGreetingSaysWhatTLSNeeds() throws {
        let files = [
            "--tls-cert", "c", "--tls-key", "k", "--listen", "0.0.0.0:1", "--listen", "unix:/s",
        ]
        let greeting = try greeting(files)
        #expect(greeting.contains("listening on 0.0.0.0:1 (TLS) and unix:/s\n"))
        #expect(greeting.contains("auditrpc tail --server HOST:1 --tls-ca FILE\n"))
        let mutual = try self.greeting(files + ["--tls-client-ca", "a"])
        #expect(mutual.contains("--tls-ca FILE --tls-cert FILE --tls-key FILE\n"))
    }

    /// What it says to type is what its client takes.
    @Test(arguments: [
        ("0.0.0.0:50051", "auditrpc tail\n"), ("0.0.0.0:7", "tail --server 127.0.0.1:7\n"),
        ("[::]:7", "tail --server [::1]:7\n"), ("127.0.0.2:7", "tail --server 127.0.0.2:7\n"),
        ("192.0.2.1:7", "tail --server 192.0.2.1:7 --insecure\n"),
        ("unix:/s", "tail --server unix:/s\n"),
    ])
    func theClientTakesWhatTheGreetingSays(listen: String, line: String) throws {
        let greeting = try greeting(["--listen", listen, "--insecure"])
        let said = try #require(greeting.split(separator: "\n").last { $0.contains("tail") }) + "\n"
        #expect(said.hasSuffix(line))
        let arguments = said.split(separator: " ").dropFirst(2).map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        #expect(throws: Never.self) {
            try TailCommand.parse(arguments).connection.resolved(environment: [:])
        }
    }

    @Test func theGreetingSaysWhatIsKeptByThePolicyInForce() throws {
        let configuration = try configuration(["--retention", "30d"])
        let greeting = ServeGreeting(
            addresses: configuration.listen, retention: .seconds(7 * 86_400),
            configuration: configuration, program: "auditrpc")
        #expect(greeting.text.contains(" for 7d\n"))
    }

    @Test func everyOptionHasAVariableBehindIt() throws {
        let environment = [
            "AUDITRPC_LISTEN": "127.0.0.1:7000, unix:/run/audit.sock", "AUDITRPC_DATA": "/d",
            "AUDITRPC_RETENTION": "1h", "AUDITRPC_LOG_BYTES": "1048576",
            "AUDITRPC_MAX_BYTES": "50GiB",
            "AUDITRPC_TLS_CERT": "c", "AUDITRPC_TLS_KEY": "k", "AUDITRPC_TLS_CLIENT_CA": "a",
            "AUDITRPC_SOCKET_MODE": "0660", "AUDITRPC_INSECURE": "yes",
            "AUDITRPC_LOG_LEVEL": "DEBUG",
        ]
        let fromVariables = try configuration([], environment)
        #expect(
            fromVariables.listen.map(\.description) == ["127.0.0.1:7000", "unix:/run/audit.sock"])
        #expect(fromVariables.dataDirectory == "/d")
        #expect(fromVariables.retention == .seconds(3_600))
        #expect(fromVariables.logBytesMax == 1 << 20)
        #expect(fromVariables.bytesMax == 50 << 30)
        #expect(
            fromVariables.tls
                == ServerTLS(certificateFile: "c", keyFile: "k", clientCAFile: "a"))
        #expect(fromVariables.socketMode == 0o660 && fromVariables.allowsPlainText)
        #expect(try ServeCommand.parse([]).options.level(environment: environment) == .debug)

        let arguments = [
            "--listen", "[::1]:1", "--data", "e", "--retention", "2h", "--log-bytes", "7",
            "--max-bytes", "8KiB",
            "--tls-cert", "c2", "--tls-key", "k2", "--tls-client-ca", "a2", "--socket-mode", "0600",
            "--log-level", "error",
        ]
        let fromOptions = try configuration(arguments, environment)
        #expect(fromOptions.listen.map(\.description) == ["[::1]:1"])
        #expect(fromOptions.dataDirectory == "e")
        #expect(fromOptions.retention == .seconds(7_200))
        #expect(fromOptions.logBytesMax == 7)
        #expect(fromOptions.bytesMax == 8 << 10)
        #expect(
            fromOptions.tls
                == ServerTLS(certificateFile: "c2", keyFile: "k2", clientCAFile: "a2"))
        #expect(fromOptions.socketMode == 0o600)
        let level = try ServeCommand.parse(arguments).options.level(environment: environment)
        #expect(level == .error)
    }

    @Test func connectionsMayHaveAnAge() throws {
        #expect(try configuration([]).connectionAgeMax == nil)
        #expect(
            try configuration(["--max-connection-age", "30m"]).connectionAgeMax == .seconds(1_800))
        let variable = ["AUDITRPC_MAX_CONNECTION_AGE": "1h"]
        #expect(try configuration([], variable).connectionAgeMax == .seconds(3_600))
        #expect(
            try configuration(["--max-connection-age", "none"], variable).connectionAgeMax == nil)
        #expect(throws: CommandError.self) { try configuration(["--max-connection-age", "0s"]) }
    }

    @Test func answersAreCompressedWhenItIsAskedFor() throws {
        #expect(try !configuration([]).compressesAnswers)
        #expect(try configuration(["--compress"]).compressesAnswers)
        #expect(try configuration([], ["AUDITRPC_COMPRESS": "on"]).compressesAnswers)
    }

    /// What the help says of the variables is what is read.
    @Test func theHelpNamesEveryVariable() {
        let help = ServeCommand.helpMessage(columns: 200)
        for variable in [
            "LISTEN", "DATA", "RETENTION", "LOG_BYTES", "MAX_CONNECTION_AGE", "TLS_CERT", "TLS_KEY",
            "TLS_CLIENT_CA",
            "SOCKET_MODE", "INSECURE", "LOG_LEVEL", "COMPRESS",
        ] {
            #expect(help.contains("$AUDITRPC_\(variable)"))
        }
    }

    @Test(arguments: [
        ["--listen", ""], ["--listen", "nonsense"], ["--listen", "127.0.0.1"],
        ["--listen", "127.0.0.1:99999"], ["--listen", "[::1:5"], ["--listen", "unix:"],
        ["--retention", "0s"], ["--retention", "long"], ["--data", ""], ["--log-bytes", "many"],
        ["--max-bytes", "1MiB"], ["--max-bytes", "50G"], ["--log-bytes", "0"],
        ["--socket-mode", "999"], ["--socket-mode", "07777"],
        ["--tls-cert", "c"], ["--tls-key", "k"], ["--tls-client-ca", "a"],
    ])
    func refuses(arguments: [String]) throws {
        let error = #expect(throws: CommandError.self) { try configuration(arguments) }
        #expect(error?.status == .usage)
        #expect(error?.message.contains(arguments[0].prefix(5)) == true)
    }

    @Test(arguments: ["LISTEN", "RETENTION", "LOG_BYTES", "SOCKET_MODE", "INSECURE"])
    func aWrongVariableIsNamed(name: String) throws {
        let error = #expect(throws: CommandError.self) {
            try configuration([], ["AUDITRPC_" + name: "nonsense"])
        }
        #expect(error?.status == .usage)
        #expect(error?.message.contains("nonsense") == true)
        #expect(error?.message.contains("$AUDITRPC_" + name) == true)
    }
}
