import Logging
import NIOCore
import NIOPosix

@testable import AuditRPC

/// A server on a free port of this machine and a client of it, for one test.
struct TestServer {
    let server: RPCServer
    let client: RPCClientConnection

    /// Runs `body` with both, and closes both after it.
    static func run(
        _ router: RPCRouter, limits: RPCLimits = RPCLimits(), clientLimits: RPCLimits = RPCLimits(),
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let server = try await start(router, limits: limits)
        let client = try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton,
            configuration: .init(limits: clientLimits), logger: quiet)
        do {
            try await body(TestServer(server: server, client: client))
        } catch {
            await client.close()
            await server.shutdown()
            throw error
        }
        await client.close()
        await server.shutdown()
    }

    /// Runs `body` with a raw connection to the server, whose preface is sent.
    static func runRaw(
        _ router: RPCRouter, limits: RPCLimits = RPCLimits(), life: RPCConnectionLife = patient,
        logger: Logger = quiet, _ body: (RPCServer, RawPeer) async throws -> Void
    ) async throws {
        let server = try await start(router, limits: limits, life: life, logger: logger)
        let peer = try await RawPeer.connect(to: server.boundAddress)
        do {
            try await body(server, peer)
        } catch {
            await peer.close()
            await server.shutdown()
            throw error
        }
        await peer.close()
        await server.shutdown()
    }

    static func start(
        _ router: RPCRouter, on address: RPCAddress = .tcp(host: "127.0.0.1", port: 0),
        tls: RPCServerTLS? = nil, limits: RPCLimits = RPCLimits(),
        life: RPCConnectionLife = patient, logger: Logger = quiet
    ) async throws -> RPCServer {
        try await RPCServer.start(
            on: RPCListeners([address], tls: tls, limits: limits), router: router,
            configuration: .init(limits: limits, life: life, eventLoops: 2), logger: logger)
    }

    /// As servers are by default, but a test may PING as often as it likes to see what has been dealt with.
    static var patient: RPCConnectionLife {
        var life = RPCConnectionLife()
        life.pingInterval = .zero
        return life
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension RPCRouter {
    /// One method of each kind.
    static var echo: RPCRouter {
        var router = RPCRouter()
        router.add("/test.Echo/Loop", requests: .one) { _ in LoopEcho() }
        router.addUnary("/test.Echo/Unary") { message, _ in message }
        // One response for each byte of the request.
        router.addServerStreaming("/test.Echo/Server") { message, writer, _ in
            for byte in message { try await writer.write([byte]) }
        }
        router.addClientStreaming("/test.Echo/Client") { messages, _ in
            var all: [UInt8] = []
            for try await message in messages { all += message }
            return all
        }
        router.addBidirectional("/test.Echo/Both") { messages, writer, _ in
            for try await message in messages { try await writer.write(message) }
        }
        return router
    }
}

/// Answers on the event loop, without a task.
private final class LoopEcho: ServerCallHandler {
    private var message: [UInt8] = []

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        self.message = Array(message)
    }

    func receiveEnd(on call: ServerCall) {
        call.send(message: message)
        call.finish()
    }

    func cancel(reason: CancelReason, on call: ServerCall) {}
}

/// A handler made of closures, for tests that look at single events.
final class ScriptedHandler: ServerCallHandler {
    var onMessage: (UnsafeRawBufferPointer, ServerCall) -> Void = { _, _ in }
    var onEnd: (ServerCall) -> Void = { _ in }
    var onCancel: (CancelReason) -> Void = { _ in }
    var onWritable: (ServerCall) -> Void = { _ in }
    var onDrain: (ServerCall) -> Void = { _ in }

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) { onMessage(message, call) }
    func receiveEnd(on call: ServerCall) { onEnd(call) }
    func cancel(reason: CancelReason, on call: ServerCall) { onCancel(reason) }
    func writable(on call: ServerCall) { onWritable(call) }
    func drain(on call: ServerCall) { onDrain(call) }
}

/// Something that happens once, and that a test waits for.
struct Event<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func happen(_ value: Value) {
        continuation.yield(value)
    }

    /// The next value that happened.
    func next() async throws -> Value {
        for await value in stream { return value }
        throw CancellationError()
    }
}

extension Event where Value == Void {
    func happen() { happen(()) }
}

/// What a call failed with; records an issue-worthy nil when it did not.
func failure(_ body: () async throws -> Void) async -> RPCError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? RPCError
    }
}
