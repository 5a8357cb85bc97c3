import AuditRPC
import Codec
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import AuditClient

/// Many calls at once over servers that go away and come back: no call fails that may be made again.
struct RecoveryTests {
    /// Calls under way at any time: more than share one connection's window, fewer than starve the server.
    private static let callers = 50

    /// What the calls have come to so far.
    private final class Load: Sendable {
        private struct State {
            var succeeded = 0
            var errors: [String] = []
            var isOver = false
        }

        private let state = Mutex(State())
        private let progress = AsyncStream.makeStream(of: Void.self)

        var succeeded: Int { state.withLock { $0.succeeded } }
        var errors: [String] { state.withLock { $0.errors } }
        var isOver: Bool { state.withLock { $0.isOver } }

        func end() { state.withLock { $0.isOver = true } }

        func succeed() {
            state.withLock { $0.succeeded += 1 }
            progress.continuation.yield()
        }

        func fail(_ error: AuditClientError?) {
            state.withLock { $0.errors.append(error?.message ?? "?") }
            progress.continuation.yield()
        }

        /// Returns when `count` calls more have ended.
        func await(_ count: Int) async {
            var left = count
            for await _ in progress.stream {
                left -= 1
                if left == 0 { return }
            }
        }
    }

    /// Each caller records, and asks what it recorded, until the load is over.
    private func call(_ client: AuditLogClient, _ load: Load) -> Task<Void, Never> {
        Task {
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<Self.callers {
                    group.addTask {
                        while !load.isOver {
                            let error = await failure {
                                let event = Event.sample(change: "\(caller)")
                                let results = try await client.record([event])
                                let key = GetEventRequest.Key.sequence(results[0].sequence)
                                let request = GetEventRequest(organizationID: "acme", key: key)
                                #expect(
                                    try await client.getEvent(request).event.id == results[0].id)
                            }
                            if error == nil { load.succeed() } else { load.fail(error) }
                        }
                    }
                }
            }
        }
    }

    @Test func noCallFailsWhenAServerDrainsAndAnotherTakesItsPlace() async throws {
        let folder = try TemporaryDirectory()
        let load = Load()
        let (client, calling, address) = try await RunningServer.with(data: folder.path) { server in
            let client = AuditLogClient(
                servers: [try #require(ServerAddress(server.address))],
                configuration: .init(
                    callTimeout: .seconds(120), waitsForReady: true,
                    retryPolicy: RetryPolicy(attemptsMax: 20, backoff: .quick),
                    reconnectBackoff: .quick))
            let calling = call(client, load)
            await load.await(200)
            return (client, calling, server.address)
        }
        for _ in 0..<3 {
            try await RunningServer.with(data: folder.path, at: address) { _ in
                await load.await(200)
            }
        }
        try await RunningServer.with(data: folder.path, at: address) { _ in
            await load.await(200)
            load.end()
            await calling.value
            #expect(load.errors == [])
            // Each of them is stored once, however often it was sent.
            let status = try await client.getStatus()
            #expect(Int(status.eventCount) == load.succeeded)
            await client.close()
        }
    }

    // MARK: Keepalive

    /// The client of a test that has both: a server that vanishes without a word, and one that answers.
    private func client(_ servers: [ServerAddress], _ notices: Notices) -> AuditLogClient {
        AuditLogClient(
            servers: servers,
            configuration: .init(
                retryPolicy: .quick, reconnectBackoff: .quick, keepaliveTime: .milliseconds(100)),
            logger: notices.logger)
    }

    @Test func aServerThatVanishesWithoutAWordIsLeftForTheNextOne() async throws {
        let folder = try TemporaryDirectory()
        let notices = Notices()
        let hole = try await BlackHole.listen()
        try await RunningServer.with(data: folder.path) { server in
            let client = client(
                [hole.address, try #require(ServerAddress(server.address))], notices)
            #expect(try await client.getStatus().eventCount == 0)
            #expect(
                await notices.next()
                    == "the connection to \(hole.address) is gone: the server did not answer a "
                    + "PING in time; trying again")
            #expect(client.connectedServer?.description == server.address)
            await client.close()
        }
        try await hole.close()
    }

    @Test func aServerThatWantsFewerPingsGetsFewer() async throws {
        var router = RPCRouter()
        router.addServerStreaming(CallRunner.Method.subscribe.path) { _, _, context in
            try await context.waitForDrain()
        }
        var life = RPCConnectionLife()
        life.pingInterval = .hours(1)
        let notices = Notices()
        try await ScriptedServer.run(router, life: life) { server in
            let client = client([server.address], notices)
            var feed = client.follow(SubscribeRequest()).makeAsyncIterator()
            let update = try await feed.next()
            guard case .disconnected(let error) = update else {
                Issue.record("\(String(describing: update))")
                return
            }
            #expect(error.message.contains("ENHANCE_YOUR_CALM (too_many_pings)"))
            let again = Task { await failure { _ = try await client.getStatus() } }
            #expect(
                await notices.next()
                    == "the server at \(server.address) wants fewer PINGs: it gets half as many "
                    + "from now on")
            _ = await again.value
            await client.close()
        }
    }
}
