import AuditModel
package import AuditRPC
import Logging
import NIOCore

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
        on listeners: RPCListeners, _ router: RPCRouter, _ descriptors: DescriptorShares,
        connectionAgeMax: Duration?, _ logger: Logger
    ) async throws(ServiceError) -> RPCServer {
        do throws(RPCError) {
            var configuration = RPCServer.Configuration(limits: rpcLimits(descriptors, logger))
            configuration.life.ageMax = connectionAgeMax.map {
                .nanoseconds(min($0, ServiceLimits.connectionAgeMax).nanosecondsSaturating)
            }
            let server = try await RPCServer.start(
                on: listeners, router: router, configuration: configuration, logger: logger)
            let addresses = server.boundAddresses.map(\.description).joined(separator: ", ")
            logger.info("listening", metadata: ["addresses": "\(addresses)"])
            return server
        } catch {
            throw ServiceError(.unavailable, error.message)
        }
    }
}

// What a gateway of the same process asks for: it answers another protocol by the calls of this one.
extension AuditServer {
    /// Whether a server of these settings may listen there, too: in plain text on this machine only.
    ///
    /// - Throws: `invalid`, for the operator.
    package static func check(
        _ address: ListenAddress, _ configuration: AuditServerConfiguration
    ) throws(ServiceError) {
        var configuration = configuration
        configuration.listen = [address]
        _ = try listeners(of: configuration)
    }

    /// What answers the calls.
    package var rpc: RPCServer { server }
}

extension AuditServer {
    /// As many connections as descriptors allow: with none left, the store could not begin its next
    /// log, and all that clients would have to do for it is to connect.
    private static func rpcLimits(_ descriptors: DescriptorShares, _ logger: Logger) -> RPCLimits {
        var limits = RPCLimits()
        let wanted = limits.connectionsMax
        limits.connectionsMax = descriptors.connectionsMax(wanted: wanted)
        if limits.connectionsMax < wanted {
            logger.notice(
                "fewer connections than usual: the system allows few open files (ulimit -n)",
                metadata: [
                    "connections": "\(limits.connectionsMax)", "usual": "\(wanted)",
                    "descriptors": "\(descriptors.all)",
                ])
        }
        return limits
    }
}

extension ServerTLS {
    fileprivate var rpc: RPCServerTLS {
        RPCServerTLS(
            certificateFile: certificateFile, keyFile: keyFile, clientCAFile: clientCAFile)
    }
}
