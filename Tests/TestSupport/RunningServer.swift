import Access
package import AuditService
import Logging

/// A whole server in this process, on a port of its own and with its data in a folder that the test owns.
package struct RunningServer: Sendable {
    /// Host and port.
    package let address: String

    /// Runs `body` beside a server; drains and closes it afterwards.
    ///
    /// - Parameters:
    ///   - listen: the address of an earlier server to take its place; a free port without.
    ///   - configure: changes what the server is started with.
    package static func with<Result: Sendable>(
        data: String, at listen: String? = nil,
        configure: (inout AuditServerConfiguration) -> Void = { _ in },
        _ body: (RunningServer) async throws -> Result
    ) async throws -> Result {
        let address = listen.flatMap { ListenAddress($0) }
        var configuration = AuditServerConfiguration(
            listen: [address ?? ListenAddress(host: "127.0.0.1", port: 0)], dataDirectory: data,
            localAccess: .operator, tracesReads: false)
        configure(&configuration)
        let server = try await AuditServer.open(
            configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await server.run() }
        do {
            let result = try await body(RunningServer(address: server.addresses[0].description))
            running.cancel()
            try await running.value
            return result
        } catch {
            running.cancel()
            try? await running.value
            throw error
        }
    }
}
