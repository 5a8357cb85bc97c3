import AuditModel
import AuditRPC
import Codec
import Dispatch
import EventStore
import Logging
import NIOPosix
import Subscribe
import TestSupport
import Testing

@testable import AuditService

/// Subscribe calls of a real server whose disk and clock the test has a hand in.
struct SubscribeCallTests {
    private static let path = "/auditrpc.v1.AuditLog/Subscribe"
    private let fixture: ServiceFixture
    private let feed: Feed<SubscriberReference>

    init() throws {
        fixture = try ServiceFixture(on: SimulatedDisk())
        var limits = ServiceLimits()
        limits.feedUntoldMax = 10
        limits.feedLookInterval = .milliseconds(50)
        feed = Feed(
            store: fixture.store, limits: limits, feedLimits: FeedLimits(ringEventsMax: 50),
            seal: { SharedMessage($0) },
            woken: { CallReference.deliver($0, to: { $0.waker.call }, SubscribeCall.wake) })
    }

    private func publish(_ count: Int, now: Timestamp? = nil) throws {
        for _ in 0..<count {
            let (_, batch) = fixture.commit([try fixture.prepare([.sample()])], now: now)
            feed.publish(try #require(batch))
        }
    }

    /// Runs `body` with the answers to a request.
    private func subscribe(
        _ request: SubscribeRequest,
        _ body: (inout ResponseMessages.AsyncIterator) async throws -> Void
    ) async throws {
        let (feed, wheels) = (feed, ProgressWheels())
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var router = RPCRouter(gate: { _ in { _ in .admitted(CallOrigin.server) } })
        router.add(Self.path, requests: .one) { _ in
            SubscribeCall(
                feed: feed, wheels: wheels,
                tracer: ReadTracer(isOn: false, logger: logger) { _, _ in .zero },
                report: { _ in })
        }
        let server = try await RPCServer.start(
            on: RPCListeners([.tcp(host: "127.0.0.1", port: 0)]), router: router, logger: logger)
        let client = try await RPCClientConnection.connect(
            to: server.boundAddress, on: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let call = client.call(Self.path)
        try await call.write(request.encoded())
        call.finishWriting()
        var messages = call.messages.makeAsyncIterator()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(&messages))
        } catch {
            result = .failure(error)
        }
        await client.close()
        await server.shutdown()
        feed.stop()
        try result.get()
    }

    private func next(
        _ messages: inout ResponseMessages.AsyncIterator
    ) async throws -> SubscribeResponse {
        try SubscribeResponse(decoding: try #require(try await messages.next()))
    }

    @Test(.timeLimit(.minutes(1)))
    func whoWaitsForTheDiskIsToldWhereItStands() async throws {
        try publish(100)
        let gate = DispatchSemaphore(value: 0)
        // The reading thread is busy with somebody else.
        _ = feed.findStart(of: nil, since: .now) { _ in gate.wait() }
        let request = SubscribeRequest(
            start: .after(Sequence(5)), progressInterval: .milliseconds(100))
        try await subscribe(request) { messages in
            defer { gate.signal() }
            guard case .started = try await next(&messages) else {
                Issue.record("not started")
                return
            }
            for _ in 0..<2 {
                #expect(try await next(&messages) == .progress(Sequence(5)))
            }
            gate.signal()
            var sequences: [UInt64] = []
            while sequences.last != 100 {
                if case .events(let events) = try await next(&messages) {
                    sequences += events.map(\.sequence.rawValue)
                }
            }
            #expect(sequences == Array(6...100))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whoseStartIsLookedForIsToldThatItHasBegun() async throws {
        let hourAgo = Timestamp.now.advanced(by: .seconds(-3_600))
        try publish(60, now: hourAgo)
        try publish(40)
        let gate = DispatchSemaphore(value: 0)
        _ = feed.findStart(of: nil, since: .now) { _ in gate.wait() }
        let request = SubscribeRequest(
            start: .since(hourAgo.advanced(by: .seconds(1_800))),
            progressInterval: .milliseconds(100))
        try await subscribe(request) { messages in
            defer { gate.signal() }
            #expect(
                try await next(&messages) == .started(head: Sequence(100), oldest: Sequence(1)))
            for _ in 0..<2 {
                #expect(try await next(&messages) == .progress(.zero))
            }
            gate.signal()
            var sequences: [UInt64] = []
            while sequences.last != 100 {
                if case .events(let events) = try await next(&messages) {
                    sequences += events.map(\.sequence.rawValue)
                }
            }
            #expect(sequences == Array(61...100))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whoWaitsIsToldOfMuchThatIsSkippedBeforeItsProgressIsDue() async throws {
        let request = SubscribeRequest(
            filter: EventFilter(eventTypes: ["DELETE"]), start: .now,
            progressInterval: .seconds(300))
        try await subscribe(request) { messages in
            while try await next(&messages) != .caughtUp(.zero) {}
            try publish(50)
            var position = Sequence.zero
            while position < Sequence(40) {
                guard case .progress(let told) = try await next(&messages) else {
                    Issue.record("something else than Progress")
                    return
                }
                #expect(told > position)
                position = told
            }
        }
    }
}
