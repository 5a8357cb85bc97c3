import AuditClient
import AuditModel
import AuditService
import Codec
import Logging
import Subscribe
import TestSupport
import Testing

/// The feed through a whole server, with a ring so small that disk, ring and live all take part.
struct FeedTests {
    /// What a subscriber saw, in order: the sequences of events, and the names of the notices.
    private struct Seen {
        var sequences: [UInt64] = []
        var notices: [String] = []
        /// Everything up to it is known to be behind the subscriber.
        var position: UInt64 = 0

        mutating func take(_ message: SubscribeResponse) {
            switch message {
            case .started: notices.append("started")
            case .events(let events):
                sequences += events.map(\.sequence.rawValue)
                position = max(position, sequences.last ?? 0)
            case .progress(let sequence): position = sequence.rawValue
            case .caughtUp(let sequence):
                notices.append("caught up")
                position = sequence.rawValue
            case .fellBehind: notices.append("fell behind")
            case .gap(let range, _): notices.append("gap \(range.first)-\(range.last)")
            case .unknown: break
            }
        }
    }

    private func withServer(
        ringEvents: Int = 8, subscriptionsMax: Int = 100,
        _ body: (AuditLogClient) async throws -> Void
    ) async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) {
            $0.feedLimits = FeedLimits(
                ringEventsMax: ringEvents, subscriptionsMax: subscriptionsMax)
        } _: { server in
            let client = try await AuditLogClient.connect(
                to: try #require(ServerAddress(server.address)),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            do {
                try await body(client)
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        }
    }

    private func record(
        _ count: Int, _ client: AuditLogClient, snapshotBytes: Int = 0, type: String = "UPDATE"
    ) async throws {
        let snapshot = "\"" + String(repeating: "x", count: snapshotBytes) + "\""
        var left = count
        while left > 0 {
            let size = min(left, 50)
            let event = Event.sample(type: type, snapshot: snapshot)
            _ = try await client.record(Array(repeating: event, count: size))
            left -= size
        }
    }

    /// Reads until everything through `position` is behind the subscriber.
    private func read(
        _ subscription: Subscription, through position: UInt64
    ) async throws -> Seen {
        var seen = Seen()
        for try await message in subscription {
            seen.take(message)
            if seen.position >= position { break }
        }
        return seen
    }

    @Test func fromTheOldestOnEverythingComesOnceInOrder() async throws {
        try await withServer { client in
            try await record(500, client)
            let feed = try await client.subscribe(SubscribeRequest(start: .oldest))
            try await record(100, client)
            let seen = try await read(feed, through: 600)
            #expect(seen.sequences == Array(1...600))
            #expect(seen.notices.first == "started")
        }
    }

    @Test func aSubscriberThatDoesNotReadFallsBehindAndMissesNothing() async throws {
        try await withServer { client in
            let feed = try await client.subscribe(SubscribeRequest(start: .now))
            // More than the windows, the queues and the ring hold together.
            try await record(4_000, client, snapshotBytes: 2_000)
            let seen = try await read(feed, through: 4_000)
            #expect(seen.sequences == Array(1...4_000))
            #expect(seen.notices.contains("fell behind"))
            #expect(!seen.notices.contains { $0.hasPrefix("gap") })
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func hundredsOfEqualSubscribersOnOneConnectionAllGetALargeCommit() async throws {
        let subscribers = 600
        try await withServer(ringEvents: 1_000, subscriptionsMax: subscribers) { client in
            var feeds: [Subscription] = []
            for _ in 0..<subscribers {
                feeds.append(try await client.subscribe(SubscribeRequest(start: .now)))
            }
            try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for feed in feeds {
                    group.addTask { try await read(feed, through: 4).sequences }
                }
                let snapshot = "\"" + String(repeating: "x", count: 64_000) + "\""
                _ = try await client.record(
                    Array(repeating: Event.sample(snapshot: snapshot), count: 4))
                for try await sequences in group { #expect(sequences == [1, 2, 3, 4]) }
            }
        }
    }

    @Test func aFilteredFeedTellsWhereItStands() async throws {
        try await withServer { client in
            let feed = try await client.subscribe(
                SubscribeRequest(
                    filter: EventFilter(eventTypes: ["DELETE"]), start: .oldest,
                    progressInterval: .milliseconds(100)))
            try await record(300, client)
            try await record(1, client, type: "DELETE")
            try await record(300, client)
            let seen = try await read(feed, through: 601)
            #expect(seen.sequences == [301])
        }
    }

    @Test func startsAreExclusiveAfterASequenceAndRefusedAboveTheHead() async throws {
        try await withServer { client in
            try await record(20, client)
            let feed = try await client.subscribe(SubscribeRequest(start: .after(Sequence(15))))
            #expect(try await read(feed, through: 20).sequences == Array(16...20))
            let above = try await client.subscribe(SubscribeRequest(start: .after(Sequence(21))))
            await #expect(throws: AuditClientError.self) {
                _ = try await read(above, through: 1_000)
            }
        }
    }

    @Test func aStartThatIsRefusedLeavesItsPlace() async throws {
        try await withServer(subscriptionsMax: 1) { client in
            try await record(5, client)
            for _ in 0..<3 {
                let above = try await client.subscribe(
                    SubscribeRequest(start: .after(Sequence(6))))
                let error = await #expect(throws: AuditClientError.self) {
                    _ = try await read(above, through: 1_000)
                }
                #expect("\(try #require(error))".contains("above the newest"))
            }
            let feed = try await client.subscribe(SubscribeRequest(start: .since(.epoch)))
            #expect(try await read(feed, through: 5).sequences == Array(1...5))
        }
    }
}
