import ArgumentParser
import AuditRPC
import Glibc
import Logging

/// Serves the interop test service until it is ended; see Tests/Interop/README.md.
@main
struct InteropServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interop-server",
        abstract: "grpc.testing.TestService on AuditRPC, for the interop cases of gRPC.")

    @Option(help: "A port of 127.0.0.1; 0 for any free one, which is printed.")
    var port: Int?

    @Option(
        help: "An address in place of a port: 127.0.0.1:50051, [::1]:0, unix:/path; again for more."
    )
    var listen: [String] = []

    @Option(
        help: "The PEM file of the server's certificate. Without it the server speaks plain text.")
    var tlsCert: String?

    @Option(help: "The PEM file of its private key.")
    var tlsKey: String?

    func validate() throws {
        guard port != nil || !listen.isEmpty else {
            throw ValidationError("name a --port or an address to --listen on")
        }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key come together")
        }
    }

    func run() async throws {
        let server = try await RPCServer.start(
            on: RPCListeners(addresses(), tls: tls, allowsPlainText: true),
            router: TestService.router, logger: Logger(label: "interop-server"))
        for address in server.boundAddresses { print("listening on \(address)") }
        // Standard output is a pipe in tests, and would keep the lines.
        fflush(nil)
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private func addresses() throws -> [RPCAddress] {
        let ports = port.map { RPCAddress.tcp(host: "127.0.0.1", port: $0) }
        return try [ports].compactMap { $0 }
            + listen.map { text in
                guard let address = RPCAddress(text) else {
                    throw ValidationError("\(text) is not an address to listen on")
                }
                return address
            }
    }

    private var tls: RPCServerTLS? {
        guard let tlsCert, let tlsKey else { return nil }
        return RPCServerTLS(certificateFile: tlsCert, keyFile: tlsKey)
    }
}
