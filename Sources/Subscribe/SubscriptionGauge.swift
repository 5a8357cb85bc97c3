package import AuditModel
import Synchronization

/// Where one subscription stands, for who counts: written by the subscription, read by anybody.
package final class SubscriptionGauge: Sendable {
    /// What a subscription is busy with.
    package enum Activity: UInt8, Sendable {
        /// With what the ring holds, or waits for more of it.
        case live
        /// Reads the disk.
        case catchingUp
        /// Its client takes nothing.
        case stuck
    }

    private let position: Atomic<UInt64>
    private let activity = Atomic<UInt8>(Activity.live.rawValue)

    package init(position: Sequence) {
        self.position = Atomic(position.rawValue)
    }

    package func move(to position: Sequence) {
        self.position.store(position.rawValue, ordering: .relaxed)
    }

    package func turn(to activity: Activity) {
        self.activity.store(activity.rawValue, ordering: .relaxed)
    }

    /// One moment of a subscription.
    package struct Reading: Hashable, Sendable {
        package var position: Sequence
        package var activity: Activity

        package init(position: Sequence, activity: Activity) {
            self.position = position
            self.activity = activity
        }
    }

    var reading: Reading {
        Reading(
            position: Sequence(position.load(ordering: .relaxed)),
            activity: Activity(rawValue: activity.load(ordering: .relaxed)) ?? .live)
    }
}
