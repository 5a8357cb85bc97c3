import AuditRPC
import Codec
import NIOCore
import Synchronization
import Testing

@testable import AuditClient

/// Calls that fail, against a server that fails them.
struct RetryTests {
    func unavailable(retryDelay: Duration? = nil) -> RPCError {
        let details = StatusDetails(code: 14, message: "draining", retryDelay: retryDelay)
        return RPCError(.unavailable, "draining", details: details.encoded())
    }

    func exhausted(retryDelay: Duration?) -> RPCError {
        let details = StatusDetails(code: 8, message: "full", retryDelay: retryDelay)
        return RPCError(.resourceExhausted, "full", details: details.encoded())
    }

    /// How many calls came to a server that fails the first ones, and what the caller got.
    func calls(
        failing error: RPCError, first failures: Int = .max, policy: RetryPolicy = .quick,
        timeout: Duration? = .seconds(60)
    ) async throws -> (count: Int, error: AuditClientError?) {
        let count = Mutex(0)
        var result: AuditClientError?
        try await ScriptedServer.run { call in
            count.withLock { $0 = call.number }
            if call.number <= failures { throw error }
            return GetStatusResponse()
        } _: { server in
            try await server.withClient(timeout: timeout, policy: policy) { client in
                result = await failure { _ = try await client.getStatus() }
            }
        }
        return (count.withLock { $0 }, result)
    }

    @Test func aServerThatIsAwayIsAskedAgain() async throws {
        let (count, error) = try await calls(failing: unavailable(), first: 2)
        #expect(count == 3 && error == nil)
    }

    @Test func attemptsAreBoundedAndTheLastErrorTellsHowMany() async throws {
        let (count, error) = try await calls(failing: unavailable())
        #expect(count == 3 && error?.code == .unavailable)
        #expect(error?.message.hasSuffix("is not available: draining (after 3 attempts)") == true)
    }

    @Test func retriesCanBeSwitchedOff() async throws {
        let (count, error) = try await calls(failing: unavailable(), policy: .none)
        #expect(count == 1 && error?.code == .unavailable)
    }

    @Test func aRefusalIsFinal() async throws {
        let (count, error) = try await calls(failing: RPCError(.invalidArgument, "no"))
        #expect(count == 1 && error?.message == "no")
    }

    @Test func aFullServerIsAskedAgainOnlyWhenItSaysSo() async throws {
        #expect(try await calls(failing: exhausted(retryDelay: nil)).count == 1)
        let (count, error) = try await calls(failing: exhausted(retryDelay: .zero), first: 1)
        #expect(count == 2 && error == nil)
    }

    @Test func thereIsNoAttemptForWhichThereIsNoTime() async throws {
        let (count, error) = try await calls(
            failing: unavailable(retryDelay: .seconds(100)), timeout: .seconds(99))
        #expect(count == 1 && error?.code == .unavailable)
    }

    @Test func aServerThatFailsMostCallsIsSparedMore() async throws {
        let policy = RetryPolicy(attemptsMax: 100, backoff: .quick, tokensMax: 10)
        // The fifth failure leaves half of the budget.
        #expect(try await calls(failing: unavailable(), policy: policy).count == 5)
    }

    @Test func theDeadlineIsThatOfTheCallAndNotOfTheAttempt() async throws {
        let left = Mutex<[Int64]>([])
        try await ScriptedServer.run { call in
            left.withLock { $0.append(call.context.timeRemaining?.nanoseconds ?? .max) }
            if call.number < 3 { throw RPCError(.unavailable, "") }
            return GetStatusResponse()
        } _: { server in
            try await server.withClient { _ = try await $0.getStatus() }
        }
        let times = left.withLock { $0 }
        #expect(times.count == 3 && times[0] > times[1] && times[1] > times[2])
        #expect(times[0] <= 60_000_000_000)
    }

    @Test func aServerThatHangsIsNotWaitedForLongerThanTheTimeout() async throws {
        try await ScriptedServer.run { call in
            try await call.context.waitForDrain()
            return GetStatusResponse()
        } _: { server in
            try await server.withClient(timeout: .milliseconds(200)) { client in
                let error = await failure { _ = try await client.getStatus() }
                #expect(error?.code == .timedOut && error?.grpcCode == 4)
                #expect(
                    error?.message.hasPrefix(
                        "the server at \(server.address) did not answer within 200ms")
                        == true)
            }
        }
    }

    @Test func aRecordIsTheSameEachTimeItIsSent() async throws {
        let requests = Mutex<[[UInt8]]>([])
        let response = RecordResponse(results: [RecordResult(id: "a", duplicate: true)])
        try await ScriptedServer.run(.record) { call in
            requests.withLock { $0.append(call.message) }
            if call.number < 3 { throw RPCError(.unavailable, "") }
            return response
        } _: { server in
            try await server.withClient { client in
                let results = try await client.record([Event(eventType: "UPDATE")])
                // It is there because of an attempt whose answer was lost.
                #expect(results.map(\.duplicate) == [false])
            }
        }
        let messages = requests.withLock { $0 }
        #expect(messages.count == 3 && Set(messages).count == 1)
        let id = try RecordRequest(decoding: messages[0]).events[0].id
        #expect(id.count == 36)
        // A UUIDv7.
        #expect(Array(id)[14] == "7")
    }

    @Test func aDuplicateUnderAnIDOfTheCallersMayBeOlderThanTheFirstAttempt() async throws {
        let id = "0190d2b4-7c3a-7000-8000-000000000001"
        try await ScriptedServer.run(.record) { call in
            if call.number < 2 { throw RPCError(.unavailable, "") }
            let request = try RecordRequest(decoding: call.message)
            return RecordResponse(
                results: request.events.map { RecordResult(id: $0.id, duplicate: true) })
        } _: { server in
            try await server.withClient { client in
                let results = try await client.record([Event(id: id), Event()])
                #expect(results.map(\.duplicate) == [true, false])
            }
        }
    }

    @Test func anIDOfTheCallersIsKeptAndSoIsItsDuplicate() async throws {
        let id = "0190d2b4-7c3a-7000-8000-000000000001"
        try await ScriptedServer.run(.record) { call in
            let request = try RecordRequest(decoding: call.message)
            return RecordResponse(
                results: request.events.map { RecordResult(id: $0.id, duplicate: true) })
        } _: { server in
            try await server.withClient { client in
                let results = try await client.record([Event(id: id)])
                #expect(results == [RecordResult(id: id, duplicate: true)])
            }
        }
    }

    @Test func aRequestThatNoServerTakesIsNotSent() async throws {
        try await ScriptedServer.run(.record) { _ in
            Issue.record("it came")
            return RecordResponse(results: [])
        } _: { server in
            try await server.withClient { client in
                let change = String(repeating: "x", count: Limits.requestBytesMax)
                let error = await failure { try await client.record([Event(change: change)]) }
                #expect(error?.code == .tooLarge && error?.grpcCode == 8)
                #expect(error?.message.contains("send fewer events at once") == true)
            }
        }
    }

    @Test func anOutageIsToldOnceHoweverManyAttemptsItTakes() async throws {
        let notices = Notices()
        try await ScriptedServer.run { call in
            if call.number < 3 { throw RPCError(.unavailable, "draining") }
            return GetStatusResponse()
        } _: { server in
            try await server.withClient(logger: notices.logger) { client in
                _ = try await client.getStatus()
                #expect(
                    await notices.next()
                        == "the server at \(server.address) is not available: draining; trying again"
                )
                #expect(await notices.next() == "the server at \(server.address) answers again")
            }
        }
    }

    @Test func anAnswerThatIsNoMessageIsAFault() async throws {
        var router = RPCRouter()
        router.addUnary(CallRunner.Method.getStatus.path) { _, _ in [0xFF] }
        try await ScriptedServer.run(router) { server in
            try await server.withClient { client in
                let error = await failure { _ = try await client.getStatus() }
                #expect(error?.code == .failed)
                #expect(error?.message.contains("cannot be read") == true)
            }
        }
    }

    @Test func aGRPCServerWithoutTheAuditLogIsNamed() async throws {
        try await ScriptedServer.run(RPCRouter()) { server in
            try await server.withClient { client in
                let error = await failure { _ = try await client.getStatus() }
                #expect(error?.grpcCode == 12)
                #expect(error?.message.contains("\(server.address) speaks gRPC, but") == true)
            }
        }
    }
}
