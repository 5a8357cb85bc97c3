import AuditModel
import Codec
import Dispatch
import TestSupport
import Testing

@testable import AuditService

struct SubscribeCallTests {
    private let fixture: SubscribeFixture

    init() throws {
        var limits = ServiceLimits()
        limits.feedUntoldMax = 10
        limits.feedLookInterval = .milliseconds(50)
        fixture = try SubscribeFixture(limits)
    }

    @Test(.timeLimit(.minutes(1)))
    func whoWaitsForTheDiskIsToldWhereItStands() async throws {
        try fixture.publish(100)
        let gate = DispatchSemaphore(value: 0)
        // The reading thread is busy with somebody else.
        _ = fixture.feed.findStart(of: nil, since: .now) { _ in gate.wait() }
        let request = SubscribeRequest(
            start: .after(Sequence(5)), progressInterval: .milliseconds(100))
        try await fixture.subscribe([request]) { answers in
            defer { gate.signal() }
            let begun = try await answers[0].next()
            #expect(begun == .started(head: Sequence(100), oldest: Sequence(1)))
            for _ in 0..<2 {
                #expect(try await answers[0].next() == .progress(Sequence(5)))
            }
            gate.signal()
            #expect(try await answers[0].takeAll(through: 100) == Array(6...100))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whoseStartIsLookedForIsToldThatItHasBegun() async throws {
        let hourAgo = Timestamp.now.advanced(by: .seconds(-3_600))
        try fixture.publish(60, now: hourAgo)
        try fixture.publish(40)
        let gate = DispatchSemaphore(value: 0)
        _ = fixture.feed.findStart(of: nil, since: .now) { _ in gate.wait() }
        let request = SubscribeRequest(
            start: .since(hourAgo.advanced(by: .seconds(1_800))),
            progressInterval: .milliseconds(100))
        try await fixture.subscribe([request]) { answers in
            defer { gate.signal() }
            let begun = try await answers[0].next()
            #expect(begun == .started(head: Sequence(100), oldest: Sequence(1)))
            for _ in 0..<2 {
                #expect(try await answers[0].next() == .progress(.zero))
            }
            gate.signal()
            #expect(try await answers[0].takeAll(through: 100) == Array(61...100))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whoWaitsIsToldOfMuchThatIsSkippedBeforeItsProgressIsDue() async throws {
        let request = SubscribeRequest(
            filter: EventFilter(eventTypes: ["DELETE"]), start: .now,
            progressInterval: .seconds(300))
        try await fixture.subscribe([request]) { answers in
            while try await answers[0].next() != .caughtUp(.zero) {}
            try fixture.publish(50)
            var position = Sequence.zero
            while position < Sequence(40) {
                guard case .progress(let told) = try await answers[0].next() else {
                    Issue.record("something else than Progress")
                    return
                }
                #expect(told > position)
                position = told
            }
        }
    }
}
