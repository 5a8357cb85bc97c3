import AuditModel
import AuditRPC
import Codec
import TestSupport
import Testing

@testable import AuditClient

/// Feeds over servers that come and go.
struct EventFeedTests {
    func makeClient(_ address: String) throws -> AuditLogClient {
        AuditLogClient(
            servers: [try #require(ServerAddress(address))],
            configuration: .init(retryPolicy: .quick, reconnectBackoff: .quick))
    }

    @Test func everyEventComesOnceOverARestartAndTheReaderIsTold() async throws {
        let folder = try TemporaryDirectory()
        let (updates, continuation) = AsyncStream.makeStream(of: EventFeed.Update.self)
        var reader = updates.makeAsyncIterator()
        var changes: [String] = []
        func read(until isLast: (EventFeed.Update) -> Bool) async throws -> EventFeed.Update {
            while true {
                let update = try #require(await reader.next())
                if case .events(let events) = update { changes += events.map(\.change) }
                if isLast(update) { return update }
            }
        }
        func isEvents(_ update: EventFeed.Update) -> Bool {
            if case .events = update { true } else { false }
        }
        func isConnected(_ update: EventFeed.Update) -> Bool {
            if case .connected = update { true } else { false }
        }
        let (following, client) = try await RunningServer.with(data: folder.path) { server in
            let client = try makeClient(server.address)
            let following = Task {
                for try await update in client.follow(SubscribeRequest()) {
                    continuation.yield(update)
                }
            }
            _ = try await read(until: isConnected)
            try await client.record([.sample(change: "1")])
            _ = try await read(until: isEvents)
            return (following, client)
        }
        let lost = try await read { if case .disconnected = $0 { true } else { false } }
        guard case .disconnected(let error) = lost else { return }
        #expect(error.code == .unavailable)
        // What is recorded before the feed is back is not missed.
        let address = client.servers[0].description
        try await RunningServer.with(data: folder.path, at: address) { _ in
            try await client.record([.sample(change: "2")])
            #expect(try await read(until: isConnected) == .connected(client.servers[0]))
            _ = try await read(until: isEvents)
            following.cancel()
            _ = await following.result
            await client.close()
        }
        #expect(changes == ["1", "2"])
    }

    @Test func aServerThatSaysNothingIsLeftAndAskedAgain() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = try makeClient(server.address)
            // The server has nothing to say for five minutes.
            let request = SubscribeRequest(start: .oldest, progressInterval: .seconds(300))
            var feed = client.follow(request, silenceMax: .milliseconds(200)).makeAsyncIterator()
            func next(where isWanted: (EventFeed.Update) -> Bool) async throws -> EventFeed.Update {
                while true {
                    let update = try #require(try await feed.next())
                    if isWanted(update) { return update }
                }
            }
            let lost = try await next { if case .disconnected = $0 { true } else { false } }
            guard case .disconnected(let error) = lost else { return }
            #expect(
                error.message
                    == "nothing has come from the server at \(server.address) for 200ms")
            _ = try await next { $0 == .connected(client.servers[0]) }
            try await client.record([.sample(change: "1")])
            _ = try await next { if case .events = $0 { true } else { false } }
            await client.close()
        }
    }

    @Test func aRefusalEndsTheFeed() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = try makeClient(server.address)
            let error = await failure {
                for try await _ in client.follow(
                    SubscribeRequest(start: .after(AuditModel.Sequence(7))))
                {}
            }
            #expect(error?.code == .refused && error?.grpcCode == 11)
            await client.close()
        }
    }

    @Test func aServerThatIsFullIsAskedAgainAFewTimes() async throws {
        var router = RPCRouter()
        let details = StatusDetails(code: 8, message: "full", retryDelay: .zero).encoded()
        router.addServerStreaming(CallRunner.Method.subscribe.path) { _, _, _ in
            throw RPCError(.resourceExhausted, "full", details: details)
        }
        try await ScriptedServer.run(router) { server in
            try await server.withClient { client in
                var told = 0
                let error = await failure {
                    for try await _ in client.follow(SubscribeRequest()) { told += 1 }
                }
                #expect(error?.message == "full")
                #expect(told == 1)
            }
        }
    }

    @Test func aClosedClientEndsItsFeeds() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = try makeClient(server.address)
            var feed = client.follow(SubscribeRequest()).makeAsyncIterator()
            _ = try await feed.next()
            await client.close()
            let error = await failure { while try await feed.next() != nil {} }
            #expect(error?.message == "the client is closed")
        }
    }
}
