import AuditModel
import Codec
import Foundation
import TestSupport
import Testing

@testable import AuditService

/// The promises of the feed over random runs, and what each of them refuses.
struct FeedSimulationTests {
    @Test("every promise holds in every run", .timeLimit(.minutes(5)))
    func promises() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seeds =
            environment["AUDITRPC_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? Array(1...12)
        var gaps = 0
        var removals = 0
        var timesBehind = 0
        var shared = 0
        for seed in seeds {
            do {
                let summary = try await FeedSimulation(seed: seed).run()
                gaps += summary.gaps
                removals += summary.removals
                timesBehind += summary.timesBehind
                shared += summary.messages - summary.packedMessages
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
        guard seeds.count > 1 else { return }
        #expect(gaps > 0, "retention overtakes subscribers")
        #expect(removals > 0, "longer rules come too late for what was swept")
        #expect(timesBehind > 0, "the ring overtakes subscribers")
        #expect(shared > 0, "subscribers share messages")
        print(
            "\(gaps) gaps, \(removals) of them behind longer rules, \(timesBehind) times behind, "
                + "\(shared) messages shared")
    }

    /// Of two organizations in turn.
    private let published = (UInt64(1)...6).map { place in
        var event = Event.sample(organization: place % 2 == 0 ? "beta" : "acme")
        event.sequence = Sequence((place + 1) / 2)
        return FeedChecker.Published(event: event, place: Sequence(place))
    }

    private func check(_ change: (inout FeedRecord) -> Void) throws {
        var record = FeedRecord(
            start: .zero, organization: "acme", filter: EventFilter(eventTypes: ["UPDATE"]))
        record.received = published.map(\.event).filter { $0.organizationID == "acme" }
        change(&record)
        try FeedChecker(published: published) { $0.place == Sequence(1) }.check(record)
    }

    @Test func whatIsKeptIsAccepted() throws {
        try check { _ in }
        try check { record in
            record.received.removeFirst()
            record.gaps = [(SequenceRange(first: Sequence(1), last: Sequence(1)), .zero)]
        }
    }

    @Test func whatIsBrokenIsNamed() {
        let cases: [(promise: String, change: (inout FeedRecord) -> Void)] = [
            ("ordered", { $0.received.swapAt(0, 1) }),
            ("unique", { $0.received.insert($0.received[0], at: 0) }),
            ("isolated", { $0.received.insert(published[5].event, at: 2) }),
            ("complete", { $0.received.removeLast() }),
            ("complete", { $0.received[1].change = "another" }),
            (
                "exact gaps",
                {
                    $0.received.removeFirst(2)
                    $0.gaps = [(SequenceRange(first: Sequence(1), last: Sequence(2)), .zero)]
                }
            ),
            (
                "conservation",
                { record in
                    var stranger = Event.sample(organization: "acme", type: "DELETE")
                    stranger.sequence = Sequence(7)
                    record.received.append(stranger)
                }
            ),
        ]
        for (promise, change) in cases {
            #expect {
                try check(change)
            } throws: { error in
                (error as? FeedChecker.Broken)?.promise == promise
            }
        }
    }
}
