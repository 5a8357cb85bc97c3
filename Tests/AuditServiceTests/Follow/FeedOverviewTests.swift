import AuditModel
import Subscribe
import Testing

@testable import AuditService

struct FeedOverviewTests {
    private func reading(
        _ position: UInt64, _ activity: SubscriptionGauge.Activity = .live
    ) -> SubscriptionGauge.Reading {
        SubscriptionGauge.Reading(position: Sequence(position), activity: activity)
    }

    @Test func activitiesAreCounted() {
        let overview = FeedOverview([
            reading(1), reading(1, .catchingUp), reading(1, .stuck), reading(1, .stuck),
        ])
        #expect([overview.live, overview.catchingUp, overview.stuck] == [1, 1, 2])
    }

    @Test func lagsAreByNearestRank() {
        let overview = FeedOverview((1...200).map { reading($0) }.shuffled())
        #expect(overview.median == Sequence(101))
        #expect(overview.p99 == Sequence(3))
        #expect(overview.farthest == Sequence(1))
        let one = FeedOverview([reading(7)])
        #expect([one.median, one.p99, one.farthest] == [Sequence(7), Sequence(7), Sequence(7)])
        #expect(FeedOverview([]).farthest == nil)
    }
}
