import AuditModel
import Codec
import EventStore
import Subscribe

/// Where the subscriptions of a feed stand at one moment: how many are busy with what, and how far
/// behind the head some of them are.
struct FeedOverview: Hashable, Sendable {
    private(set) var live = 0
    private(set) var catchingUp = 0
    private(set) var stuck = 0
    /// Of the subscription that half of them are ahead of, or beside it; nil when there is none.
    private(set) var median: Sequence?
    /// Of the one that all but one of a hundred are ahead of.
    private(set) var p99: Sequence?
    /// Of the one that is the farthest behind.
    private(set) var farthest: Sequence?

    init(_ readings: [SubscriptionGauge.Reading]) {
        for reading in readings {
            switch reading.activity {
            case .live: live += 1
            case .catchingUp: catchingUp += 1
            case .stuck: stuck += 1
            }
        }
        let positions = readings.map(\.position).sorted(by: >)
        guard !positions.isEmpty else { return }
        // Nearest rank: the smallest lag that so many of a hundred do not exceed.
        func rank(_ percent: Int) -> Sequence {
            positions[(positions.count * percent + 99) / 100 - 1]
        }
        median = rank(50)
        p99 = rank(99)
        farthest = rank(100)
    }
}

extension Feed {
    /// What the feed does and has done.
    ///
    /// - Parameter recordedAt: when an event was recorded that the ring does not hold; nil when that cannot be said.
    func status(
        now: Timestamp, recordedAt: (Sequence) async -> Timestamp?
    ) async -> FeedStatus {
        let head = hub.bounds.head
        let overview = FeedOverview(hub.readings)
        let totals = counters.totals
        var status = FeedStatus()
        status.liveCount = UInt32(overview.live)
        status.catchingUpCount = UInt32(overview.catchingUp)
        status.stuckCount = UInt32(overview.stuck)
        status.filterCount = UInt32(groupCount)
        status.deliveredEvents = totals.events
        status.deliveredBytes = totals.bytes
        status.deliveredMessages = totals.messages
        status.packedMessages = totals.packedMessages
        status.fellBehindCount = totals.fellBehind
        status.gapCount = totals.gaps
        status.gapSequences = totals.gapSequences
        func lag(_ position: Sequence?) async -> FeedLag? {
            guard let position else { return nil }
            guard position < head else { return FeedLag() }
            let first = position.next
            var time: Timestamp?
            if let batch = hub.batch(containing: first) {
                time = batch.recordedAt
            } else {
                time = await recordedAt(first)
            }
            return FeedLag(
                events: head.rawValue - position.rawValue, time: time.map { $0.age(at: now) })
        }
        status.lagMedian = await lag(overview.median)
        status.lagP99 = await lag(overview.p99)
        status.lagLargest = await lag(overview.farthest)
        return status
    }
}

extension Timestamp {
    /// Never negative, whatever a clock did.
    fileprivate func age(at now: Timestamp) -> Duration {
        .nanoseconds(max(0, now.nanosecondsSinceEpoch - nanosecondsSinceEpoch))
    }
}
