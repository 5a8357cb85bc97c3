import Codec
import TestSupport
import Testing

@testable import AuditClient

/// The channel of a client against servers that are there, not there, or there later.
struct ClientChannelTests {
    /// An address on which nobody listens: its port was free a moment ago.
    func deadAddress() async throws -> ServerAddress {
        let folder = try TemporaryDirectory()
        let text = try await RunningServer.with(data: folder.path) { $0.address }
        return try #require(ServerAddress(text))
    }

    func makeClient(
        _ servers: [ServerAddress], timeout: Duration? = .seconds(60), waits: Bool = false,
        policy: RetryPolicy = .quick, notices: Notices = Notices()
    ) -> AuditLogClient {
        AuditLogClient(
            servers: servers,
            configuration: .init(
                callTimeout: timeout, waitsForReady: waits, retryPolicy: policy,
                reconnectBackoff: .quick),
            logger: notices.logger)
    }

    @Test func aServerThatIsNotThereIsNamedWithWhatToDo() async throws {
        let address = try await deadAddress()
        let error = await failure { _ = try await AuditLogClient.connect(to: address) }
        #expect(error?.code == .unavailable && error?.grpcCode == 14)
        #expect(
            error?.message
                == "nothing listens at \(address) (connection refused): start a server with "
                + "`auditrpc serve`, or check the address")
    }

    @Test func eachOfSeveralServersIsNamed() async throws {
        let first = try await deadAddress()
        let second = try #require(ServerAddress("name.invalid:1"))
        let error = await failure { try await makeClient([first, second]).connect() }
        #expect(
            error?.message
                == "none of the 2 servers is reached: nothing listens at \(first) (connection "
                + "refused); the name in \(second) is not known")
    }

    @Test func aSocketFileThatIsNotThereIsNamed() async throws {
        let folder = try TemporaryDirectory()
        let address = ServerAddress(socketPath: folder.path + "/none.sock")
        let error = await failure { try await makeClient([address]).connect() }
        #expect(error?.message.hasPrefix("\(address) is not there: start a server") == true)
    }

    @Test func theServersAreTriedInTurn() async throws {
        let dead = try await deadAddress()
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let alive = try #require(ServerAddress(server.address))
            let client = makeClient([dead, alive], policy: .none)
            #expect(client.connectedServer == nil)
            #expect(try await client.getStatus().eventCount == 0)
            #expect(client.connectedServer == alive)
            await client.close()
        }
    }

    @Test func aCallFindsTheNextServerWhenItsOwnGoes() async throws {
        let folders = [try TemporaryDirectory(), try TemporaryDirectory()]
        try await RunningServer.with(data: folders[0].path) { second in
            let client = try await RunningServer.with(data: folders[1].path) { first in
                let client = makeClient(
                    try [first, second].map { try #require(ServerAddress($0.address)) })
                try await client.record([.sample()])
                #expect(client.connectedServer?.description == first.address)
                return client
            }
            try await client.record([.sample()])
            #expect(client.connectedServer?.description == second.address)
            await client.close()
        }
    }

    @Test func aCallMayWaitForAServerThatStartsLater() async throws {
        let address = try await deadAddress()
        let notices = Notices()
        let client = makeClient([address], waits: true, notices: notices)
        let status = Task { try await client.getStatus() }
        #expect(await notices.next()?.hasSuffix("; trying again") == true)
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path, at: address.description) { _ in
            let status = try await status.value
            #expect(status.eventCount == 0)
            #expect(await notices.next() == "the server at \(address) answers again")
            await client.close()
        }
    }

    @Test func aWaitEndsWithTheDeadlineAndTellsWhatItWaitedFor() async throws {
        let address = try await deadAddress()
        let client = makeClient([address], timeout: .milliseconds(100), waits: true)
        let error = await failure { _ = try await client.getStatus() }
        #expect(error?.code == .timedOut && error?.grpcCode == 4)
        #expect(
            error?.message.hasPrefix("no connection to \(address) within 100ms: nothing listens")
                == true)
    }

    @Test func aWaitEndsWithItsTask() async throws {
        let notices = Notices()
        let client = makeClient([try await deadAddress()], waits: true, notices: notices)
        let waiting = Task { await failure { _ = try await client.getStatus() } }
        _ = await notices.next()
        waiting.cancel()
        #expect(await waiting.value?.code == .cancelled)
    }

    @Test func aWaitEndsWithTheClient() async throws {
        let notices = Notices()
        let client = makeClient([try await deadAddress()], waits: true, notices: notices)
        let waiting = Task { await failure { _ = try await client.getStatus() } }
        _ = await notices.next()
        await client.close()
        #expect(await waiting.value?.message == "the client is closed")
    }

    @Test func attemptsWithoutAServerAreBounded() async throws {
        let client = makeClient([try await deadAddress()])
        let error = await failure { _ = try await client.getStatus() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.hasSuffix("(after 3 attempts)") == true)
    }

    /// However many rounds it takes: what counts is the time of the call.
    @Test(.timeLimit(.minutes(1)))
    func aServerThatWasThereIsWaitedForLonger() async throws {
        let folder = try TemporaryDirectory()
        let notices = Notices()
        let (client, address) = try await RunningServer.with(data: folder.path) { server in
            let client = makeClient([try #require(ServerAddress(server.address))], notices: notices)
            try await client.connect()
            return (client, server.address)
        }
        let status = Task { try await client.getStatus() }
        #expect(await notices.next()?.hasSuffix("; trying again") == true)
        // Its attempts would be over within milliseconds.
        try await RunningServer.with(data: folder.path, at: address) { _ in
            let count = try await status.value.eventCount
            #expect(count == 0)
            await client.close()
        }
    }

    @Test func manyCallsShareOneConnection() async throws {
        let folder = try TemporaryDirectory()
        try await RunningServer.with(data: folder.path) { server in
            let client = makeClient([try #require(ServerAddress(server.address))])
            try await withThrowingTaskGroup(of: UInt64.self) { group in
                for _ in 0..<50 { group.addTask { try await client.getStatus().eventCount } }
                for try await count in group { #expect(count == 0) }
            }
            await client.close()
        }
    }
}
