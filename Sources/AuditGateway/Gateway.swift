import AuditModel
import AuditRPC
package import AuditService
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
package import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The service over HTTP: JSON, server-sent events and the page, for browsers and curl.
///
/// It answers nothing by itself. Each request becomes a call of the service, through a connection to it that stands for
/// the client's (`ServiceConnections`), so that what holds for calls of gRPC holds here.
package final class Gateway: Service {
    package struct Configuration: Sendable {
        package var listen: ListenAddress
        /// Without a way to listen there, the server goes on without a gateway, and says so: nobody has asked for it.
        package var isOptional: Bool

        package init(listen: ListenAddress, isOptional: Bool) {
            self.listen = listen
            self.isOptional = isOptional
        }
    }

    /// Clients that may be connected at a time, where the system has the descriptors.
    package static let connectionsMax = GatewayLimits.connectionsMax

    private let configuration: Configuration
    private let server: AuditServer
    private let logger: Logger
    private let listening = Listening()

    package init(_ configuration: Configuration, server: AuditServer, logger: Logger) {
        self.configuration = configuration
        self.server = server
        self.logger = logger
    }

    /// The address of the page, once it is known: nil when it cannot be had.
    package func url() async -> String? {
        guard let address = await listening.value() else { return nil }
        let isEncrypted = server.rpc.tlsConfiguration != nil
        return "\(isEncrypted ? "https" : "http")://\(address.onThisMachine)/"
    }

    package func run() async throws {
        defer { listening.set(nil) }
        do {
            try await runUntilDrained()
        } catch {
            logger.log(
                level: configuration.isOptional ? .warning : .error,
                "the page and the JSON service cannot be had there; --http says another address, or none",
                metadata: ["address": "\(configuration.listen)", "problem": "\(error)"])
            guard configuration.isOptional else {
                throw GatewayStartError(address: configuration.listen.description, cause: error)
            }
            listening.set(nil)
            try? await gracefulShutdown()
        }
    }

    /// Until a graceful shutdown; then answers under way are finished, for a while: clients that do not read theirs
    /// hold nothing up.
    private func runUntilDrained() async throws {
        let application = try application()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            group.addTask {
                try await gracefulShutdown()
                try await Task.sleep(for: GatewayLimits.drainTime)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func application() throws -> some ApplicationProtocol {
        let host = configuration.listen.host ?? "127.0.0.1"
        return Application(
            router: router(), server: try protocols(),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: configuration.listen.port ?? 0),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    server.gatewayConnectionsMax)),
            onServerRunning: { [listening, logger] channel in
                let port = channel.localAddress?.port ?? 0
                let address = ListenAddress(host: host, port: port)
                logger.info("listening for HTTP", metadata: ["address": "\(address)"])
                listening.set(address)
            },
            eventLoopGroupProvider: .shared(server.rpc.eventLoopGroup), logger: quietLogger)
    }

    /// Hummingbird's own lines: what is no trouble is not for an operator.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    /// HTTP/1.1, or over TLS that and HTTP/2.
    private func protocols() throws -> HTTPServerBuilder {
        let http1 = HTTP1Channel.Configuration(
            idleTimeout: GatewayLimits.idleTime,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: GatewayLimits.headerBytesMax,
                maxHeaderListSize: GatewayLimits.headerBytesMax,
                maxHeaderFieldCount: GatewayLimits.headerCountMax))
        guard server.rpc.tlsConfiguration != nil else { return .http1(configuration: http1) }
        let idle = Duration.nanoseconds(GatewayLimits.idleTime.nanoseconds)
        return HTTPServerBuilder { [server] responder in
            try RenewedTLSChannel(
                // Not nil: a server has certificates as long as it lives, or never.
                tls: { server.rpc.tlsConfiguration! },
                configuration: HTTP2ChannelConfiguration(
                    idleTimeout: idle, streamConfiguration: http1), responder: responder)
        }
    }

    private func router() -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: OriginGuard(isEncrypted: server.rpc.tlsConfiguration != nil))
        let calls = ServiceCalls(
            connections: ServiceConnections { [server] (peer, eventLoop) throws(RPCError) in
                try await server.rpc.connect(for: peer, on: eventLoop)
            })
        let now: @Sendable () -> Timestamp = { .now }
        let budgets = GatewayBudgets()
        LogRoutes(calls: calls, budgets: budgets, now: now).add(to: router)
        StreamRoute(calls: calls, budgets: budgets, encodings: SharedEncodings(), now: now)
            .add(to: router)
        ExportRoute(calls: calls, budgets: budgets, now: now).add(to: router)
        PageRoutes().add(to: router)
        return router
    }
}

/// Nothing listens there, and somebody asked for it.
package struct GatewayStartError: Error, CustomStringConvertible {
    let address: String
    let cause: any Error

    package var description: String {
        "cannot listen for HTTP on \(address): \(cause); --http says another address, or none"
    }
}

/// Where the gateway listens, for whoever waits to know.
private final class Listening: Sendable {
    private struct State {
        var isKnown = false
        var address: ListenAddress?
        var waiters: [CheckedContinuation<ListenAddress?, Never>] = []
    }

    private let state = Mutex(State())

    /// The first word counts.
    func set(_ address: ListenAddress?) {
        let waiters = state.withLock { state in
            guard !state.isKnown else { return [CheckedContinuation<ListenAddress?, Never>]() }
            state.isKnown = true
            state.address = address
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: address) }
    }

    func value() async -> ListenAddress? {
        await withCheckedContinuation { continuation in
            let known: ListenAddress?? = state.withLock { state in
                if state.isKnown { return .some(state.address) }
                state.waiters.append(continuation)
                return .none
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
