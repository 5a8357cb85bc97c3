import ArgumentParser
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Runs one interop case with grpc-swift-2; the options are those of AuditRPC's `interop-client`.
@main
struct GRPCSwiftClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grpc-swift-client",
        abstract: "The interop cases of gRPC, run by grpc-swift-2.")

    @Option(help: "The server: 127.0.0.1:50051 or unix:/path.")
    var server: String

    @Option(help: "The case, by its name in gRPC's interop test descriptions.")
    var testCase: String

    @Option(help: "The PEM file of the authority that signed the server's certificate: speaks TLS.")
    var tlsCA: String?

    @Option(help: "The name that the server's certificate has.")
    var tlsServerName: String?

    @Option(help: "Calls of a soak case.")
    var soakIterations = 10

    @Option(help: "Milliseconds that a call of a soak case may take.")
    var soakPerIterationMaxAcceptableLatencyMs = 1_000

    func run() async throws {
        guard let run = Cases.all[testCase] else {
            throw ValidationError("no case is named \(testCase)")
        }
        do {
            try await run(self)
        } catch {
            print("failed \(testCase): \(error)")
            throw ExitCode.failure
        }
        print("ok \(testCase)")
    }

    /// Runs `body` with a channel of its own.
    func withService(_ body: @Sendable (TestService) async throws -> Void) async throws {
        let transport = try HTTP2ClientTransport.Posix(
            target: try target(), transportSecurity: security(),
            config: .defaults { config in
                config.compression.enabledAlgorithms = .all
                if let tlsServerName { config.http2.authority = tlsServerName }
            })
        try await withGRPCClient(transport: transport) { client in
            try await body(TestService(client: client))
        }
    }

    private func target() throws -> any ResolvableTarget {
        if server.hasPrefix("unix:") {
            return .unixDomainSocket(path: String(server.dropFirst("unix:".count)))
        }
        let parts = server.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else {
            throw ValidationError("\(server) is not the address of a server")
        }
        return .ipv4(address: String(parts[0]), port: port)
    }

    private func security() -> HTTP2ClientTransport.Posix.TransportSecurity {
        guard let tlsCA else { return .plaintext }
        return .tls { tls in
            tls.trustRoots = .certificates([.file(path: tlsCA, format: .pem)])
        }
    }
}
