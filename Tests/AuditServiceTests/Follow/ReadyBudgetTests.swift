import AuditModel
import AuditRPC
import Codec
import TestSupport
import Testing

@testable import AuditService

/// What readings keep in memory that subscribers were given and have not taken.
struct ReadyBudgetTests {
    private func portions(_ count: Int, bytes: Int = 995) -> [FeedPortion] {
        (1...count).map { number in
            FeedPortion(
                message: SharedMessage([UInt8](repeating: 1, count: bytes)),
                through: Sequence(UInt64(number)))
        }
    }

    @Test func whatManyHoldCountsOnce() {
        let reading = portions(3)
        let budget = ReadyBudget(bytesMax: 100_000)
        let slots = 3 * ReadyBudget.slotBytes
        do {
            var first = ReadyPortions(budget: budget)
            var second = ReadyPortions(budget: budget)
            for isKept in [false, true] {
                first.fill(reading)
                #expect(budget.bytes == 0, "what is sent at once counts for nobody")
                if isKept { first.keep() }
            }
            second.fill(reading)
            second.keep()
            second.keep()
            #expect(budget.bytes == 3 * 1_000 + 2 * slots)
            let sent = first.takeFirst()
            #expect(sent.message === reading[0].message)
            #expect(budget.bytes == 3 * 1_000 + 2 * slots - ReadyBudget.slotBytes)
            _ = second.takeFirst()
            first.drop()
            first.drop()
            #expect(budget.bytes == 2 * (1_000 + ReadyBudget.slotBytes))
        }
        #expect(budget.bytes == 0, "who is gone holds nothing")
    }

    @Test func whatHasNoRoomIsDropped() {
        let budget = ReadyBudget(bytesMax: 3 * (1_000 + ReadyBudget.slotBytes))
        var first = ReadyPortions(budget: budget)
        var second = ReadyPortions(budget: budget)
        first.fill(portions(2))
        first.keep()
        second.fill(portions(2))
        second.keep()
        let isEmpty = (first.isEmpty, second.isEmpty)
        #expect(isEmpty == (false, true))
        #expect(budget.bytes == 2 * (1_000 + ReadyBudget.slotBytes))
        second.fill(portions(1))
        second.keep()
        let hasRoom = !second.isEmpty
        #expect(hasRoom)
    }

    /// Subscribers that take little at a time, each with a filter of its own and a long way behind.
    @Test(.timeLimit(.minutes(2)))
    func slowSubscribersGetAllOfItWithinTheBudget() async throws {
        var limits = ServiceLimits()
        // Readings of a few messages each: what is left of one has room, and what is left of all has not.
        limits.catchUpBytesMax = 150_000
        limits.feedReadyBytesMax = 200_000
        let fixture = try SubscribeFixture(limits, ringEvents: 1)
        let snapshot = "\"" + String(repeating: "x", count: 20_000) + "\""
        try fixture.publish(200, .sample(snapshot: snapshot))
        let requests = (0..<6).map { number in
            SubscribeRequest(
                filter: EventFilter(eventTypes: ["UPDATE", "OTHER \(number)"]), start: .oldest)
        }
        var bytesMost = 0
        try await fixture.subscribe(requests) { answers in
            for last in stride(from: UInt64(10), through: 200, by: 10) {
                for index in answers.indices {
                    // Its messages end where they like.
                    while answers[index].last < last { try await answers[index].take() }
                    bytesMost = max(bytesMost, fixture.feed.ready.bytes)
                }
            }
            for one in answers { #expect(one.sequences == Array(1...200)) }
        }
        #expect(bytesMost > 0 && bytesMost <= limits.feedReadyBytesMax)
        let totals = fixture.feed.counters.totals
        #expect(totals.packedMessages > totals.messages, "something was read again")
        #expect(fixture.feed.ready.bytes == 0)
    }
}
