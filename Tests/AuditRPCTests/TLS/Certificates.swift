import Foundation

@testable import AuditRPC

/// The certificates of Tests/Fixtures/TLS, which dev/make-test-certificates makes.
enum Certificates {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/TLS")

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Signed by the authority of the tests, for this machine where the name does not say otherwise.
    static func server(_ name: String = "server", clientCA: String? = nil) -> RPCServerTLS {
        RPCServerTLS(
            certificateFile: path(name + ".pem"), keyFile: path(name + ".key"),
            clientCAFile: clientCA.map { path($0 + ".pem") })
    }

    /// - Parameter identity: the certificate that the client shows.
    static func client(ca: String = "ca", identity: String? = nil) -> RPCClientTLS {
        RPCClientTLS(
            caFile: path(ca + ".pem"), certificateFile: identity.map { path($0 + ".pem") },
            keyFile: identity.map { path($0 + ".key") })
    }
}
