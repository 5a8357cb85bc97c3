import AuditModel
import Codec
import TestSupport
import Testing

@testable import AuditClient

/// The client against a whole server in this process.
struct AuditLogClientTests {
    func withClient(
        _ body: (AuditLogClient, RunningServer) async throws -> Void
    ) async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = try await AuditLogClient.connect(to: try Self.address(of: server))
            try await body(client, server)
            await client.close()
        }
    }

    static func address(of server: RunningServer) throws -> ServerAddress {
        try #require(ServerAddress(server.address))
    }

    func events(_ count: Int, from first: Int = 0) -> [Event] {
        (first..<first + count).map { .sample(target: "t\($0 % 3)", change: "number \($0)") }
    }

    @Test func whatIsRecordedIsFound() async throws {
        try await withClient { client, _ in
            let results = try await client.record(events(5))
            #expect(results.map(\.sequence.rawValue) == [1, 2, 3, 4, 5])
            let page = try await client.query(QueryRequest(organizationID: "acme", pageSize: 2))
            #expect(page.events.map(\.change) == ["number 4", "number 3"])
            #expect(!page.nextPageToken.isEmpty)
            let status = try await client.getStatus()
            #expect(status.eventCount == 5 && status.headSequence == AuditModel.Sequence(5))
            let facets = try await client.listFacets(ListFacetsRequest(field: .targetID))
            #expect(facets.facets.map(\.count) == [2, 2, 1] && facets.totalCount == 5)
            let histogram = try await client.histogram(
                HistogramRequest(bucket: .seconds(86_400 * 30), splitBy: .targetID))
            #expect(histogram.series.map(\.value) == ["t0", "t1", "t2"])
            #expect(histogram.counts.first == 5 && histogram.totalCount == 5)
        }
    }

    @Test func aQueryGoesOverAllItsPages() async throws {
        try await withClient { client, _ in
            for batch in 0..<5 { try await client.record(events(50, from: batch * 50)) }
            let request = QueryRequest(order: .oldestFirst, pageSize: 7)
            var changes: [String] = []
            for try await event in client.events(matching: request) { changes.append(event.change) }
            #expect(changes == (0..<250).map { "number \($0)" })
            var pages = 0
            for try await _ in client.pages(matching: request) { pages += 1 }
            #expect(pages >= 36)
        }
    }

    @Test func anEventComesWithWhatItChanged() async throws {
        try await withClient { client, _ in
            let results = try await client.record([
                .sample(snapshot: #"{"n":1}"#), .sample(snapshot: #"{"n":2}"#),
            ])
            let id = try #require(EventID(results[1].id))
            let answer = try await client.getEvent(GetEventRequest(key: .id(id)))
            #expect(answer.event.id == results[1].id)
            #expect(answer.previous?.id == results[0].id)
            #expect(
                answer.differences
                    == [JSONDifference(path: "/n", kind: .changed, before: "1", after: "2")])
        }
    }

    @Test func aRefusalNamesTheField() async throws {
        try await withClient { client, _ in
            var event = Event.sample()
            event.target.id = ""
            let error = await #expect(throws: AuditClientError.self) {
                try await client.record([event])
            }
            #expect(error?.code == .refused && error?.grpcCode == 3)
            #expect(error?.violations.map(\.field) == ["events[0].target.id"])
            let missing = await #expect(throws: AuditClientError.self) {
                try await client.getEvent(
                    GetEventRequest(key: .sequence(AuditModel.Sequence(99))))
            }
            #expect(missing?.code == .refused && missing?.grpcCode == 5)
        }
    }

    @Test func aFeedTellsThePastAndThenThePresent() async throws {
        try await withClient { client, _ in
            try await client.record(events(3))
            var changes: [String] = []
            for try await update in client.follow(SubscribeRequest(start: .oldest)) {
                switch update {
                case .events(let events): changes += events.map(\.change)
                case .caughtUp: try await client.record(events(1, from: 3))
                default: break
                }
                if changes.count == 4 { break }
            }
            #expect(changes == (0..<4).map { "number \($0)" })
        }
    }

    @Test func cancellingItsTaskEndsAFeed() async throws {
        try await withClient { client, _ in
            let began = AsyncStream.makeStream(of: Void.self)
            let reading = Task {
                await failure {
                    for try await _ in client.follow(SubscribeRequest()) {
                        began.continuation.yield()
                    }
                }
            }
            for await _ in began.stream { break }
            reading.cancel()
            #expect(await reading.value?.code == .cancelled)
            // The connection is still of use.
            let status = try await client.getStatus()
            #expect(status.eventCount == 0)
        }
    }

    @Test func aCallAfterALossConnectsAnew() async throws {
        let folder = try TemporaryDirectory()
        let (client, address) = try await RunningServer.with(data: folder.path) { server in
            let client = try await AuditLogClient.connect(to: try Self.address(of: server))
            try await client.record(events(2))
            return (client, server.address)
        }
        try await RunningServer.with(data: folder.path, at: address) { _ in
            #expect(try await client.getStatus().eventCount == 2)
            // Many calls at once share the connection.
            try await withThrowingTaskGroup(of: UInt64.self) { group in
                for _ in 0..<50 { group.addTask { try await client.getStatus().eventCount } }
                for try await count in group { #expect(count == 2) }
            }
            await client.close()
        }
    }

    @Test func aClosedClientSaysSo() async throws {
        try await withClient { client, _ in
            await client.close()
            let error = await #expect(throws: AuditClientError.self) {
                try await client.getStatus()
            }
            #expect(error?.code == .cancelled)
            #expect(error?.message == "the client is closed")
        }
    }
}
