import Access
import AuditModel
import AuditRPC
import Codec
import Dispatch
import Logging
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import AuditService

/// What happens to calls whose JWT is not known yet.
struct AccessGateTests {
    private static let path = "/auditrpc.v1.AuditLog/GetStatus"
    private let key = SigningKey("k1")
    private let refusals = Refusals()

    /// What the gate has told of calls that it refused.
    private final class Refusals: Sendable {
        private let all = Mutex<[AccessError]>([])

        @Sendable
        func note(_ peer: String, _ path: String, _ error: AccessError) {
            all.withLock { $0.append(error) }
        }

        var errors: [AccessError] { all.withLock { $0 } }
    }

    private func token(_ subject: String, _ role: String = "reader") throws -> String {
        try key.sign(
            #"{"iss":"i","aud":"a","exp":9000000000,"sub":"\#(subject)","org":"acme","role":"\#(role)"}"#
        )
    }

    /// Runs `body` with a connection to a server whose method answers with the id of its caller.
    private func serve(
        _ pool: WorkPool, _ body: (RPCClientConnection, Authenticator) async throws -> Void
    ) async throws {
        let authenticator = Authenticator(
            tokens: TokenDirectory(TokenBook(viewerKey: .random())), local: .operator)
        let rules = try AccessRules(
            json: Array(
                """
                {"jwt":{"issuer":"i","audience":"a","jwks":"k","organization_claim":"org","role_claim":"role"}}
                """.utf8))
        authenticator.replace(rules, try await SigningKey.keySet(key))
        let gate = AccessGate(
            authenticator: authenticator, quotas: QuotaDirectory(QuotaBook()), calls: OpenCalls(),
            verifiers: pool, refused: refusals.note)
        var router = RPCRouter(gate: gate.gate)
        router.addUnary(Self.path) { _, context in
            Array(context.origin.caller.identity.id.utf8)
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await RPCServer.start(
            on: RPCListeners([.tcp(host: "127.0.0.1", port: 0)]), router: router, logger: logger)
        let client = try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(client, authenticator))
        } catch {
            result = .failure(error)
        }
        await client.close()
        await pool.stop()
        await server.shutdown()
        try result.get()
    }

    private static func call(
        _ client: RPCClientConnection, _ token: String? = nil
    ) async throws -> String {
        try await answer(begin(client, token))
    }

    /// Sends a call, before whatever the connection sends next.
    private static func begin(
        _ client: RPCClientConnection, _ token: String? = nil
    ) async throws -> ClientCall {
        var options = CallOptions()
        if let token { options.metadata.add("authorization", "Bearer \(token)") }
        let call = client.call(path, options: options)
        try await call.write([])
        call.finishWriting()
        return call
    }

    private static func answer(_ call: ClientCall) async throws -> String {
        let messages = call.messages.makeAsyncIterator()
        let message = try await messages.next()
        return String(decoding: try #require(message), as: UTF8.self)
    }

    /// Has the one thread of a pool busy until `free` is called.
    private struct BusyPool {
        let pool = WorkPool(threads: 1, waitingMax: 2)
        private let gate = DispatchSemaphore(value: 0)

        init() {
            let gate = gate
            let isTaken = pool.submit({ gate.wait() }, dropped: {})
            #expect(isTaken)
        }

        func free() { gate.signal() }
    }

    @Test(.timeLimit(.minutes(1)))
    func aCallWaitsForItsSignatureAndOthersDoNot() async throws {
        let busy = BusyPool()
        let token = try token("ada")
        try await serve(busy.pool) { (client, _) async throws in
            let waiting = try await Self.begin(client, token)
            // On the same connection, of a caller who is known.
            #expect(try await Self.call(client) == "")
            busy.free()
            #expect(try await Self.answer(waiting) == "ada")
        }
        #expect(refusals.errors == [])
    }

    @Test(.timeLimit(.minutes(1)))
    func oneThatIsKnownWaitsForNothing() async throws {
        let pool = WorkPool(threads: 1, waitingMax: 2)
        let token = try token("ada")
        try await serve(pool) { (client, _) async throws in
            #expect(try await Self.call(client, token) == "ada")
            await pool.stop()
            // The connection has another credential meanwhile.
            #expect(try await Self.call(client) == "")
            #expect(try await Self.call(client, token) == "ada")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatIsWrongIsSaidWhenItIsDecided() async throws {
        let pool = WorkPool(threads: 1, waitingMax: 2)
        let forged = try SigningKey("k1").sign(
            #"{"iss":"i","aud":"a","exp":9000000000,"sub":"x","org":"acme","role":"reader"}"#)
        let recorder = try token("ada", "recorder")
        try await serve(pool) { (client, _) async throws in
            let error = await #expect(throws: RPCError.self) {
                try await Self.call(client, forged)
            }
            #expect(error?.code == .unauthenticated)
            let denied = await #expect(throws: RPCError.self) {
                try await Self.call(client, recorder)
            }
            #expect(denied?.code == .permissionDenied)
        }
        #expect(refusals.errors == [.jwt(.signature), .role])
    }

    @Test(.timeLimit(.minutes(1)))
    func tooManyAreToldToTryAgain() async throws {
        let token = try token("ada")
        try await serve(WorkPool(threads: 1, waitingMax: 0)) { (client, _) async throws in
            let error = await #expect(throws: RPCError.self) { try await Self.call(client, token) }
            #expect(error?.code == .resourceExhausted)
            #expect(try await Self.call(client) == "")
        }
        #expect(refusals.errors == [.busy])
    }

    @Test(.timeLimit(.minutes(1)))
    func aConnectionForgetsWhomItKnewByOtherRules() async throws {
        let token = try token("ada")
        let pool = WorkPool(threads: 1, waitingMax: 2)
        try await serve(pool) { (client, authenticator) async throws in
            #expect(try await Self.call(client, token) == "ada")
            authenticator.replace(.none, .none)
            let error = await #expect(throws: RPCError.self) { try await Self.call(client, token) }
            #expect(error?.code == .unauthenticated)
        }
        #expect(refusals.errors == [.unknown])
    }

    @Test(.timeLimit(.minutes(1)))
    func whoWaitsWhenTheServerStopsIsTold() async throws {
        let busy = BusyPool()
        let token = try token("ada")
        try await serve(busy.pool) { (client, _) async throws in
            let waiting = try await Self.begin(client, token)
            #expect(try await Self.call(client) == "")
            async let stopped: Void = busy.pool.stop()
            let error = await #expect(throws: RPCError.self) { try await Self.answer(waiting) }
            #expect(error?.code == .unavailable)
            busy.free()
            await stopped
        }
    }
}
