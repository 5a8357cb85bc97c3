import AuditClient
import AuditModel
import Codec
import TestSupport
import Testing

@testable import AuditCommand

/// A feed over servers that come and go, in this process.
struct FollowerTests {
    /// Follows until the task is cancelled; each line that would be printed is yielded.
    func follow(
        _ address: String, _ file: ResumeFile, lines: AsyncStream<String>.Continuation
    ) -> Task<Void, any Error> {
        Task {
            let settings = ConnectionSettings(servers: [try #require(ServerAddress(address))])
            var follower = Follower(
                client: settings.client(logger: .silent),
                request: SubscribeRequest(
                    start: try file.load().map { .after($0) } ?? .oldest, onGap: .continue),
                keeper: PositionKeeper(file: file, syncOutput: {}),
                printer: EventPrinter(
                    surface: Surface(format: .json, style: .plain), showsOrganization: false,
                    isFeed: true, write: { lines.yield($0) }))
            try await follower.run(waitsForServer: true)
        }
    }

    func record(_ changes: ClosedRange<Int>, at address: String) async throws {
        let client = try await AuditLogClient.connect(to: try #require(ServerAddress(address)))
        try await client.record(changes.map { .sample(change: "\($0)") })
        await client.close()
    }

    @Test func everyEventIsPrintedOnceOverRestartsOfBothSides() async throws {
        let folder = try TemporaryDirectory()
        let file = try ResumeFile(path: folder.path + "/position")
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        var reader = lines.makeAsyncIterator()
        var printed: [String] = []
        func read(upTo count: Int) async throws {
            while printed.count < count {
                let text = try #require(await reader.next())
                printed += try text.split(separator: "\n").map {
                    try Event(json: Array($0.utf8)).change
                }
            }
        }
        var (follower, address): (Task<Void, any Error>, String) = try await RunningServer.with(
            data: folder.path + "/data"
        ) { server in
            let follower = follow(server.address, file, lines: continuation)
            try await record(1...3, at: server.address)
            try await read(upTo: 3)
            return (follower, server.address)
        }
        // The server comes back: the same follower goes on.
        try await RunningServer.with(data: folder.path + "/data", at: address) { _ in
            try await record(4...5, at: address)
            try await read(upTo: 5)
            // The follower ends, and another goes on where it was.
            follower.cancel()
            _ = await follower.result
            try await record(6...7, at: address)
            follower = follow(address, file, lines: continuation)
            try await read(upTo: 7)
            follower.cancel()
            _ = await follower.result
        }
        #expect(printed == (1...7).map { "\($0)" })
        #expect(try file.load() == AuditModel.Sequence(7))
    }

    @Test func aWrongAddressIsAnErrorAtOnceUnlessItIsWaitedFor() async throws {
        let folder = try TemporaryDirectory()
        let address = try await RunningServer.with(data: folder.path) { $0.address }
        let settings = ConnectionSettings(servers: [try #require(ServerAddress(address))])
        let (said, saying) = AsyncStream.makeStream(of: String.self)
        let client = settings.client(logger: .silent)
        let follower = Follower(
            client: client, request: SubscribeRequest(), keeper: nil,
            printer: EventPrinter(
                surface: Surface(format: .json, style: .plain), showsOrganization: false,
                write: { _ in }),
            say: { saying.yield($0) })
        let error = await #expect(throws: AuditClientError.self) {
            var follower = follower
            try await follower.run(waitsForServer: false)
        }
        #expect(error?.code == .unavailable)
        let waiting = Task {
            var follower = follower
            try await follower.run(waitsForServer: true)
        }
        var reader = said.makeAsyncIterator()
        #expect(
            await reader.next()
                == "nothing listens at \(address) (connection refused): start a server with "
                + "`auditrpc serve`, or check the address; trying again")
        try await RunningServer.with(data: folder.path, at: address) { _ in
            #expect(await reader.next() == "connected to \(address) again")
            waiting.cancel()
            _ = await waiting.result
        }
        await client.close()
    }
}
