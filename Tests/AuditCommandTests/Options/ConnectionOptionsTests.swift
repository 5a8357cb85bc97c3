import ArgumentParser
import AuditClient
import Testing

@testable import AuditCommand

struct ConnectionOptionsTests {
    private func settings(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> ConnectionSettings {
        try StatusCommand.parse(arguments).connection.resolved(environment: environment)
    }

    @Test func theDefaultIsThisMachine() throws {
        let settings = try settings([])
        #expect(settings.servers == [ServerAddress(host: "127.0.0.1", port: 50051)])
        #expect(settings.organizationID.isEmpty)
        #expect(settings.timeout == .seconds(30))
        #expect(settings.tls == nil)
    }

    @Test func optionsGoBeforeTheEnvironment() throws {
        let environment = [
            "AUDITRPC_SERVER": "[::1]:1", "AUDITRPC_ORGANIZATION": "acme",
            "AUDITRPC_TIMEOUT": "7s",
        ]
        #expect(try settings([], environment).servers == [ServerAddress(host: "::1", port: 1)])
        #expect(try settings([], environment).organizationID == "acme")
        #expect(try settings([], environment).timeout == .seconds(7))
        let chosen = try settings(
            ["--server", "localhost:2", "--organization", "other", "--timeout", "5s"], environment)
        #expect(chosen.servers == [ServerAddress(host: "localhost", port: 2)])
        #expect(chosen.organizationID == "other")
        #expect(chosen.timeout == .seconds(5))
    }

    @Test func switchesHaveVariablesToo() throws {
        let environment = ["AUDITRPC_WAIT": "1", "AUDITRPC_NO_RETRY": "on"]
        let settings = try settings([], environment)
        #expect(settings.waitsForServer && !settings.retries)
    }

    @Test func anEmptyVariableIsNone() throws {
        #expect(try settings([], ["AUDITRPC_SERVER": ""]).servers.map(\.port) == [50051])
        // An organization that is named as none widens what is read on purpose.
        #expect(
            try settings(["--organization", ""], ["AUDITRPC_ORGANIZATION": "acme"])
                .organizationID.isEmpty)
    }

    @Test func aUnixSocket() throws {
        #expect(
            try settings(["--server", "unix:/run/s"]).servers
                == [ServerAddress(socketPath: "/run/s")])
    }

    @Test(arguments: [
        ["--server", "nonsense"], ["--server", "[::1]:1,"], ["--server", "[::1]:1, [::1]:2"],
        ["--server", "a:0"], ["--server", "unix:"], ["--timeout", "0s"],
        ["--timeout", "soon"], ["--tls", "--insecure"], ["--tls-ca", "a", "--insecure"],
    ])
    func refuses(arguments: [String]) {
        let error = #expect(throws: CommandError.self) { try settings(arguments) }
        #expect(error?.status == .usage)
    }

    @Test func severalServersAreTriedInTheirOrder() throws {
        let servers = try settings(["--server", "[::1]:3,unix:/run/a.sock,localhost:1"]).servers
        #expect(servers.map(\.description) == ["[::1]:3", "unix:/run/a.sock", "localhost:1"])
        // One that is elsewhere is enough to need TLS.
        #expect(throws: CommandError.self) { try settings(["--server", "[::1]:3,b.example:1"]) }
    }

    @Test func whetherToWaitAndToRetryIsChosen() throws {
        let usual = try settings([])
        #expect(!usual.waitsForServer && usual.retries)
        let chosen = try settings(["--wait", "--no-retry"])
        #expect(chosen.waitsForServer && !chosen.retries)
    }

    @Test func requestsAreCompressedWhenItIsAskedFor() throws {
        #expect(try !settings([]).configuration.compressesRequests)
        #expect(try settings(["--compress"]).configuration.compressesRequests)
        #expect(try settings([], ["AUDITRPC_COMPRESS": "1"]).configuration.compressesRequests)
    }

    // MARK: TLS

    @Test(arguments: [
        (["--tls"], ClientTLS()), (["--tls-ca", "a"], ClientTLS(caFile: "a")),
        (
            ["--tls-cert", "c", "--tls-key", "k"],
            ClientTLS(certificateFile: "c", keyFile: "k")
        ),
        (["--tls-server-name", "n"], ClientTLS(serverName: "n")),
    ])
    func anyTLSOptionMeansTLS(arguments: [String], expected: ClientTLS) throws {
        #expect(try settings(arguments + ["--server", "audit.example:1"]).tls == expected)
    }

    @Test func variablesMeanTLSToo() throws {
        let environment = [
            "AUDITRPC_TLS_CA": "a", "AUDITRPC_TLS_CERT": "c", "AUDITRPC_TLS_KEY": "k",
            "AUDITRPC_TLS_SERVER_NAME": "n",
        ]
        let expected = ClientTLS(caFile: "a", certificateFile: "c", keyFile: "k", serverName: "n")
        #expect(try settings([], environment).tls == expected)
        #expect(try settings(["--tls-ca", "b"], environment).tls?.caFile == "b")
        #expect(try settings([], ["AUDITRPC_TLS": "1"]).tls == ClientTLS())
        #expect(try settings([], ["AUDITRPC_TLS": "0"]).tls == nil)
        // What is typed goes before what is set.
        #expect(try settings(["--insecure"], environment).tls == nil)
        #expect(try settings(["--tls"], ["AUDITRPC_INSECURE": "1"]).tls == ClientTLS())
    }

    @Test func plainTextToAnotherMachineIsAskedFor() throws {
        let elsewhere = ["--server", "audit.example:1"]
        let error = #expect(throws: CommandError.self) { try settings(elsewhere) }
        #expect(error?.status == .usage)
        #expect(error?.message.contains("--insecure") == true)
        #expect(try settings(elsewhere + ["--insecure"]).tls == nil)
        #expect(try settings(elsewhere, ["AUDITRPC_INSECURE": "true"]).tls == nil)
    }

    @Test func aSwitchThatIsNeither() {
        let error = #expect(throws: CommandError.self) { try settings([], ["AUDITRPC_TLS": "?"]) }
        #expect(error?.message == "$AUDITRPC_TLS '?' is neither true nor false")
    }

    @Test func theHelpNamesEveryVariable() {
        let help = StatusCommand.helpMessage(columns: 200)
        for variable in [
            "SERVER", "ORGANIZATION", "TIMEOUT", "TLS", "TLS_CA", "TLS_CERT", "TLS_KEY",
            "TLS_SERVER_NAME", "INSECURE", "WAIT", "NO_RETRY", "COMPRESS",
        ] {
            #expect(help.contains("$AUDITRPC_\(variable)"))
        }
    }
}
