import AuditRPC
package import Codec
import NIOCore
import Synchronization

/// `grpc.health.v1.Health`: whether each service of this server takes calls, to whoever asks.
///
/// Safe to use from any thread. Every service serves until `set` says otherwise.
///
/// See `RPCRouter.addGenericServices`.
package final class HealthService: Sendable {
    private static let name = "grpc.health.v1.Health"
    /// The name under which the server as a whole is asked for.
    package static let server = ""

    private let board: Mutex<HealthBoard<HealthWatcher>>

    package init(limits: RPCServiceLimits = RPCServiceLimits()) {
        board = Mutex(HealthBoard(watchersMax: limits.healthWatchersMax))
        board.withLock { $0.add([Self.server]) }
    }

    /// Speaks for those services too. Before the first call: an unknown service stays unknown.
    func add(_ services: [String]) {
        board.withLock { $0.add(services) }
    }

    func register(with router: inout RPCRouter) {
        router.addUnary("/\(Self.name)/Check") { [self] message, _ in
            let request: HealthCheckRequest = try Self.decode(message)
            guard let status = status(of: request.service) else {
                throw RPCError(.notFound, "this server has no service of that name")
            }
            return HealthCheckResponse(status: status).encoded()
        }
        router.addUnary("/\(Self.name)/List") { [self] message, _ in
            let _: HealthListRequest = try Self.decode(message)
            return HealthListResponse(statuses: board.withLock { $0.statuses }).encoded()
        }
        router.add("/\(Self.name)/Watch", requests: .one) { [self] _ in HealthWatchCall(self) }
    }

    /// Tells those who watch, at once, when it changes something.
    package func set(_ status: ServingStatus, of services: [String]) {
        tell(board.withLock { $0.set(status, of: services) })
    }

    /// The server is about to drain: NOT_SERVING for every service, and for good.
    package func end() {
        tell(board.withLock { $0.end() })
    }

    private func tell(_ watchers: [HealthWatcher]) {
        CallReference.deliver(watchers, to: { $0.call }, HealthWatchCall.tell)
    }

    // MARK: - What its calls ask

    /// Nil for a service that the server does not have.
    func status(of service: String) -> ServingStatus? {
        board.withLock { $0.status(of: service) }
    }

    func watch(_ service: String, _ watcher: HealthWatcher) -> HealthBoard<HealthWatcher>.WatchID? {
        board.withLock { $0.watch(service, watcher) }
    }

    func unwatch(_ id: HealthBoard<HealthWatcher>.WatchID) {
        board.withLock { $0.unwatch(id) }
    }

    private static func decode<Request: WireMessage>(_ message: [UInt8]) throws -> Request {
        do throws(CodecError) {
            return try Request(decoding: message)
        } catch {
            throw RPCError(.invalidArgument, error.message)
        }
    }
}

/// Reaches a Watch call from any thread.
struct HealthWatcher: Sendable {
    var call: CallReference
    var handler: NIOLoopBound<HealthWatchCall>
}
