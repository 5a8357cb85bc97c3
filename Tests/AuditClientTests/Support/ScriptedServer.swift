import AuditRPC
import Codec
import Logging
import Synchronization

@testable import AuditClient

/// A gRPC server that answers the calls of the audit log as a test says.
struct ScriptedServer {
    /// One call, and how many of its kind came before it.
    struct Call {
        var number: Int
        var message: [UInt8]
        var context: CallContext
    }

    let address: ServerAddress

    /// Runs `body` beside a server that gives each unary call to `answer`.
    static func run(
        _ method: CallRunner.Method = .getStatus,
        answer: @escaping @Sendable (Call) async throws -> any WireMessage,
        _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        var router = RPCRouter()
        let calls = Mutex(0)
        router.addUnary(method.path) { message, context in
            let number = calls.withLock { calls in
                calls += 1
                return calls
            }
            return try await answer(Call(number: number, message: message, context: context))
                .encoded()
        }
        try await run(router, body)
    }

    /// - Parameter listen: the address of an earlier server to take its place; a free port without.
    static func run(
        _ router: RPCRouter, at listen: String? = nil,
        life: RPCConnectionLife = RPCConnectionLife(),
        _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await RPCServer.start(
            on: RPCListeners([
                listen.flatMap { RPCAddress($0) } ?? .tcp(host: "127.0.0.1", port: 0)
            ]),
            router: router,
            configuration: .init(life: life, eventLoops: 1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let address = ServerAddress(server.boundAddress.description)!
        do {
            try await body(ScriptedServer(address: address))
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }

    /// Runs `body` with a client of this server that pauses no longer than it must.
    func withClient(
        timeout: Duration? = .seconds(60), policy: RetryPolicy = .quick, logger: Logger? = nil,
        _ body: (AuditLogClient) async throws -> Void
    ) async throws {
        let client = AuditLogClient(
            servers: [address],
            configuration: .init(
                callTimeout: timeout, retryPolicy: policy, reconnectBackoff: .quick),
            logger: logger)
        do {
            try await body(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}

extension Backoff {
    static let quick = Backoff(pauseMin: .milliseconds(1), pauseMax: .milliseconds(20))
}

extension RetryPolicy {
    static let quick = RetryPolicy(attemptsMax: 3, backoff: .quick)
}

/// The error of a call; nil when it succeeded.
func failure(_ body: () async throws -> Void) async -> AuditClientError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? AuditClientError
    }
}
