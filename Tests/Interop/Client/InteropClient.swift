import ArgumentParser
import AuditRPC
import Logging
import NIOPosix

/// Runs interop cases against any gRPC server that has the test service; see Tests/Interop/README.md.
@main
struct InteropClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interop-client",
        abstract: "The interop cases of gRPC, run by AuditRPC's client.")

    @Option(help: "The server: 127.0.0.1:50051, [::1]:50051, unix:/path.")
    var server: String

    @Option(help: "The case, by its name in gRPC's interop test descriptions; `all` for every one.")
    var testCase: String

    @Option(help: "The PEM file of the authority that signed the server's certificate: speaks TLS.")
    var tlsCA: String?

    @Option(help: "The name that the server's certificate has; the host of --server otherwise.")
    var tlsServerName: String?

    @Option(help: "Milliseconds that slow_consumer pauses after each response.")
    var slowConsumerPauseMs = 20

    @OptionGroup var soak: SoakOptions

    func run() async throws {
        guard let address = RPCAddress(server) else {
            throw ValidationError("\(server) is not the address of a server")
        }
        let server = CaseServer(address: address, tls: tls)
        for one in try cases() {
            let connection = try await server.connect()
            do {
                try await one.run(
                    CaseContext(
                        server: server, connection: connection, soak: soak,
                        slowConsumerPause: .milliseconds(slowConsumerPauseMs)))
            } catch {
                print("failed \(one.rawValue): \(error)")
                throw ExitCode.failure
            }
            await connection.close()
            print("ok \(one.rawValue)")
        }
    }

    private func cases() throws -> [InteropCase] {
        if testCase == "all" { return Array(InteropCase.published) }
        guard let one = InteropCase(rawValue: testCase) else {
            let names = InteropCase.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("no case is named \(testCase); there are \(names)")
        }
        return [one]
    }

    private var tls: RPCClientTLS? {
        tlsCA.map { RPCClientTLS(caFile: $0, serverName: tlsServerName) }
    }
}

/// The options of the soak cases, as the descriptions name them.
struct SoakOptions: ParsableArguments {
    @Option(help: "Calls of a soak case.")
    var soakIterations = 10

    @Option(help: "Calls that may fail or be slow.")
    var soakMaxFailures = 0

    @Option(help: "Milliseconds above which a call is slow.")
    var soakPerIterationMaxAcceptableLatencyMs = 1_000

    @Option(
        help: "Seconds for all calls of a soak case; as long as they may take each, without it.")
    var soakOverallTimeoutSeconds: Int?

    @Option(help: "Milliseconds from the beginning of a call to that of the next one, at least.")
    var soakMinTimeMsBetweenRpcs = 0

    @Option(help: "Bytes of each request's payload.")
    var soakRequestSize = CaseContext.largeRequestBytes

    @Option(help: "Bytes of each response's payload.")
    var soakResponseSize = CaseContext.largeResponseBytes

    var overallTimeout: Duration {
        soakOverallTimeoutSeconds.map { .seconds($0) }
            ?? .milliseconds(soakIterations) * soakPerIterationMaxAcceptableLatencyMs
    }

    func validate() throws {
        let counts = [
            soakIterations, soakMaxFailures, soakPerIterationMaxAcceptableLatencyMs,
            soakOverallTimeoutSeconds ?? 0, soakMinTimeMsBetweenRpcs, soakRequestSize,
            soakResponseSize,
        ]
        guard counts.allSatisfy({ (0...Int(Int32.max)).contains($0) }) else {
            throw ValidationError("an option of the soak cases is below 0, or too large")
        }
    }
}

/// Where the server is, for cases that need connections of their own.
struct CaseServer: Sendable {
    let address: RPCAddress
    let tls: RPCClientTLS?

    func connect() async throws -> RPCClientConnection {
        try await RPCClientConnection.connect(
            to: address, on: MultiThreadedEventLoopGroup.singleton,
            configuration: .init(tls: tls), logger: Logger(label: "interop-client"))
    }
}
