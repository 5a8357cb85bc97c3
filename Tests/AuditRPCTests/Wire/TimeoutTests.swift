import NIOCore
import Testing

@testable import AuditRPC

@Suite struct TimeoutTests {
    /// The `grpc-timeout` that a request says, and the deadline that its handler sees.
    private func remaining(_ timeout: String) async throws -> (status: String?, TimeAmount?) {
        let seen = Event<TimeAmount?>()
        var router = RPCRouter()
        router.addUnary("/test/See") { _, context in
            seen.happen(context.timeRemaining)
            return []
        }
        var status: String?
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(
                .request("/test/See", adding: [("grpc-timeout", timeout)]),
                .data(framed([]), endStream: true))
            status = await peer.response().last?.fields["grpc-status"]
        }
        return (status, try await seen.next())
    }

    @Test(arguments: [
        ("1H", TimeAmount.hours(1)), ("20M", .minutes(20)), ("600S", .seconds(600)),
        ("600000m", .seconds(600)), ("99999999u", .microseconds(99_999_999)),
        ("00000001H", .hours(1)),
    ])
    func everyUnit(text: String, time: TimeAmount) async throws {
        let (status, remaining) = try await remaining(text)
        #expect(status == "0")
        let left = try #require(remaining)
        #expect(left <= time && left > time - .seconds(60))
    }

    @Test(arguments: ["99999999H", "99999999M", "8760H"])
    func yearsAreNoDeadline(text: String) async throws {
        let (status, remaining) = try await remaining(text)
        #expect(status == "0")
        #expect(remaining == nil)
    }

    @Test(arguments: ["0n", "0u", "0m", "0S", "0M", "00000000H"])
    func noTimeAtAllIsExceeded(text: String) async throws {
        var router = RPCRouter()
        router.add("/test/Never", requests: .one) { _ in
            Issue.record("a call without time began")
            return ScriptedHandler()
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(
                .request("/test/Never", adding: [("grpc-timeout", text)]),
                .data(framed([]), endStream: true))
            let frames = await peer.response()
            #expect(frames.count == 1)
            #expect(frames.first?.fields["grpc-status"] == "4")
        }
    }

    @Test(arguments: ["", "1", "S", "1s", "-1S", "+1S", "1.5S", "1 S", "123456789S", "1SS"])
    func malformedOnesAreRefused(text: String) async throws {
        try await TestServer.runRaw(.echo) { _, peer in
            try await peer.send(
                .request("/test.Echo/Loop", endStream: true, adding: [("grpc-timeout", text)]))
            let fields = await peer.response().last?.fields
            #expect(fields?["grpc-status"] == "13")
            #expect(fields?["grpc-message"] == "malformed grpc-timeout")
        }
    }

    @Test(arguments: [1, 3, 7])
    func theServerEndsWhatTakesTooLong(nanoseconds: Int) async throws {
        let cancelled = Event<CancelReason>()
        var router = RPCRouter()
        router.add("/test/Wait", requests: .one) { _ in
            let handler = ScriptedHandler()
            handler.onCancel = { cancelled.happen($0) }
            return handler
        }
        try await TestServer.runRaw(router) { _, peer in
            try await peer.send(
                .request("/test/Wait", adding: [("grpc-timeout", "\(nanoseconds)n")]),
                .data(framed([]), endStream: true))
            #expect(await peer.response().last?.fields["grpc-status"] == "4")
            #expect(try await cancelled.next() == .deadlineExceeded)
        }
    }

    @Test func aClientWithoutTimeSendsNothing() async throws {
        var router = RPCRouter.echo
        router.add("/test/Never", requests: .one) { _ in
            Issue.record("a call without time was sent")
            return ScriptedHandler()
        }
        try await TestServer.run(router) { (test: TestServer) async throws in
            for time in [TimeAmount.zero, .nanoseconds(-1)] {
                let error = await failure {
                    _ = try await test.client.unary(
                        "/test/Never", [], options: .init(timeout: time))
                }
                #expect(error?.code == .deadlineExceeded)
            }
            #expect(try await test.client.unary("/test.Echo/Loop", [1]) == [1])
        }
    }

    @Test func aCancellationAfterTheDeadlineIsTheDeadline() {
        let cancelled = RPCStatus(.cancelled, "theirs")
        let metadata = RPCMetadata([("a", "1")])
        let late = RPCError(cancelled, metadata: metadata, isPastDeadline: true)
        #expect(late?.code == .deadlineExceeded)
        #expect(late?.message == "the call took longer than its timeout")
        #expect(late?.metadata.isEmpty == true)
        let early = RPCError(cancelled, metadata: metadata, isPastDeadline: false)
        #expect(early?.code == .cancelled)
        #expect(early?.metadata == metadata)
        let other = RPCError(RPCStatus(.aborted), metadata: metadata, isPastDeadline: true)
        #expect(other?.code == .aborted)
        #expect(RPCError(.ok, metadata: metadata, isPastDeadline: true) == nil)
    }
}
