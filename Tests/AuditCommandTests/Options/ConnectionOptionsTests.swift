import ArgumentParser
import Testing

@testable import AuditClient
@testable import AuditCommand

struct ConnectionOptionsTests {
    func settings(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> ConnectionSettings {
        try StatusCommand.parse(arguments).connection.resolved(environment: environment)
    }

    @Test func theDefaultIsThisMachine() throws {
        let settings = try settings([])
        #expect(settings.address == ServerAddress(host: "127.0.0.1", port: 50051))
        #expect(settings.organizationID.isEmpty)
        #expect(settings.timeout == .seconds(30))
    }

    @Test func optionsGoBeforeTheEnvironment() throws {
        let environment = ["AUDITRPC_SERVER": "a:1", "AUDITRPC_ORGANIZATION": "acme"]
        #expect(try settings([], environment).address == ServerAddress(host: "a", port: 1))
        #expect(try settings([], environment).organizationID == "acme")
        let chosen = try settings(
            ["--server", "b:2", "--organization", "other", "--timeout", "5s"], environment)
        #expect(chosen.address == ServerAddress(host: "b", port: 2))
        #expect(chosen.organizationID == "other")
        #expect(chosen.timeout == .seconds(5))
    }

    @Test func anEmptyVariableIsNone() throws {
        #expect(try settings([], ["AUDITRPC_SERVER": ""]).address.port == 50051)
        // An organization that is named as none widens what is read on purpose.
        #expect(
            try settings(["--organization", ""], ["AUDITRPC_ORGANIZATION": "acme"])
                .organizationID.isEmpty)
    }

    @Test(arguments: [["--server", "nonsense"], ["--server", "a:0"], ["--timeout", "0s"]])
    func refuses(arguments: [String]) {
        let error = #expect(throws: CommandError.self) { try settings(arguments) }
        #expect(error?.status == .usage)
    }
}
