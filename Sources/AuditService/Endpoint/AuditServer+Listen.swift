import AuditRPC
import Logging

extension AuditServer {
    /// What can be found wrong before the store opens is: a replay may take minutes.
    static func listeners(
        of configuration: AuditServerConfiguration
    ) throws(ServiceError) -> RPCListeners {
        do throws(RPCError) {
            return try RPCListeners(
                configuration.listen.map(\.address), tls: configuration.tls?.rpc,
                allowsPlainText: configuration.allowsPlainText,
                socketMode: configuration.socketMode)
        } catch {
            let remedy =
                error.code == .failedPrecondition
                ? "; give it --tls-cert and --tls-key, or --insecure for a network that nobody "
                    + "else reads" : ""
            throw ServiceError(.invalid, error.message + remedy)
        }
    }

    static func listen(
        on listeners: RPCListeners, _ router: RPCRouter, _ logger: Logger
    ) async throws(ServiceError) -> RPCServer {
        do throws(RPCError) {
            let server = try await RPCServer.start(on: listeners, router: router, logger: logger)
            let addresses = server.boundAddresses.map(\.description).joined(separator: ", ")
            logger.info("listening", metadata: ["addresses": "\(addresses)"])
            return server
        } catch {
            throw ServiceError(.unavailable, error.message)
        }
    }
}

extension ServerTLS {
    fileprivate var rpc: RPCServerTLS {
        RPCServerTLS(
            certificateFile: certificateFile, keyFile: keyFile, clientCAFile: clientCAFile)
    }
}
