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
            let settings = try ConnectionSettings(
                server: address, organization: nil, timeout: nil)
            var follower = Follower(
                settings: settings,
                request: SubscribeRequest(
                    start: try file.load().map { .after($0) } ?? .oldest, onGap: .continue),
                keeper: PositionKeeper(file: file, syncOutput: {}),
                printer: EventPrinter(
                    surface: Surface(format: .json, style: .plain), showsOrganization: false,
                    isFeed: true, write: { lines.yield($0) }))
            try await follower.run()
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

    @Test func aWrongAddressIsAnErrorAtOnceWithoutAResumeFile() async throws {
        let folder = try TemporaryDirectory()
        let address = try await RunningServer.with(data: folder.path) { $0.address }
        let settings = try ConnectionSettings(server: address, organization: nil, timeout: nil)
        var follower = Follower(
            settings: settings, request: SubscribeRequest(), keeper: nil,
            printer: EventPrinter(
                surface: Surface(format: .json, style: .plain), showsOrganization: false,
                write: { _ in }))
        do {
            try await follower.run()
            Issue.record("it followed nothing")
        } catch let error as AuditClientError {
            #expect(error.code == .unavailable)
        }
    }

    @Test func aServerThatSaysNothingIsLeftAndAskedAgain() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let settings = try ConnectionSettings(
                server: server.address, organization: nil, timeout: nil)
            let (said, saying) = AsyncStream.makeStream(of: String.self)
            let (lines, printing) = AsyncStream.makeStream(of: String.self)
            let following = Task {
                var follower = Follower(
                    settings: settings,
                    // The server has nothing to say for five minutes.
                    request: SubscribeRequest(start: .oldest, progressInterval: .seconds(300)),
                    keeper: nil,
                    printer: EventPrinter(
                        surface: Surface(format: .json, style: .plain), showsOrganization: false,
                        isFeed: true, write: { printing.yield($0) }),
                    silenceMax: .milliseconds(200), say: { saying.yield($0) })
                try await follower.run()
            }
            var reader = said.makeAsyncIterator()
            func wait(for part: String) async {
                while let text = await reader.next(), !text.contains(part) {}
            }
            await wait(for: "nothing has come from the server at \(server.address) for 200ms")
            await wait(for: "connected to \(server.address) again")
            try await record(1...1, at: server.address)
            var printed = lines.makeAsyncIterator()
            #expect(await printed.next()?.contains("\"change\":\"1\"") == true)
            following.cancel()
            _ = await following.result
        }
    }
}

struct RetryTests {
    @Test(
        arguments: [
            (14, true, true), (4, true, true), (8, false, true), (3, false, false),
            (15, false, false),
        ] as [(Int32, Bool, Bool)])
    func aFullServerIsAskedAgainAsOneThatIsAway(
        grpcCode: Int32, isAbsence: Bool, isWorthRetrying: Bool
    ) {
        let error = AuditClientError(
            code: AuditClientError.Code(grpcCode: grpcCode), grpcCode: grpcCode, message: "why")
        #expect(error.isAbsence == isAbsence)
        #expect(error.isWorthRetrying == isWorthRetrying)
    }
}
