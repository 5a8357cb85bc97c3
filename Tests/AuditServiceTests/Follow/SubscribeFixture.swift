import AuditModel
import AuditRPC
import Codec
import Logging
import NIOPosix
import Subscribe
import TestSupport
import Testing

@testable import AuditService

/// Subscribe calls of a real server whose disk, clock and limits the test has a hand in.
struct SubscribeFixture {
    private static let path = "/auditrpc.v1.AuditLog/Subscribe"
    private let fixture: ServiceFixture
    let feed: Feed<SubscriberReference>

    init(_ limits: ServiceLimits, ringEvents: Int = 50) throws {
        fixture = try ServiceFixture(on: SimulatedDisk())
        feed = Feed(
            store: fixture.store, sequences: fixture.sequences, limits: limits,
            feedLimits: FeedLimits(ringEventsMax: ringEvents), seal: { SharedMessage($0) },
            woken: { CallReference.deliver($0, to: { $0.waker.call }, SubscribeCall.wake) })
    }

    /// Each event in a commit of its own.
    func publish(_ count: Int, _ event: Event = .sample(), now: Timestamp? = nil) throws {
        for _ in 0..<count {
            let (_, batch) = fixture.commit([try fixture.prepare([event])], now: now)
            feed.publish(try #require(batch))
        }
    }

    /// The messages of one call.
    final class Answers {
        private var messages: ResponseMessages.AsyncIterator

        fileprivate init(_ messages: ResponseMessages) {
            self.messages = messages.makeAsyncIterator()
        }

        func next() async throws -> SubscribeResponse {
            try SubscribeResponse(decoding: try #require(try await messages.next()))
        }

        /// Of all events that came in `take`.
        private(set) var sequences: [UInt64] = []
        /// The last of them.
        var last: UInt64 { sequences.last ?? 0 }

        func take() async throws {
            if case .events(let events) = try await next() {
                sequences += events.map(\.sequence.rawValue)
            }
        }

        func takeAll(through last: UInt64) async throws -> [UInt64] {
            while self.last < last { try await take() }
            return sequences
        }
    }

    /// Runs `body` with the answers to requests, all on one connection.
    func subscribe(
        _ requests: [SubscribeRequest], _ body: ([Answers]) async throws -> Void
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
        let result: Result<Void, any Error>
        do {
            var answers: [Answers] = []
            for request in requests {
                let call = client.call(Self.path)
                try await call.write(request.encoded())
                call.finishWriting()
                answers.append(Answers(call.messages))
            }
            result = .success(try await body(answers))
        } catch {
            result = .failure(error)
        }
        await client.close()
        await server.shutdown()
        feed.stop()
        try result.get()
    }
}
