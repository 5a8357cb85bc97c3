import AuditModel
import Synchronization

/// What the feed has done since the start, counted where it happens.
final class FeedCounters: Sendable {
    private let messages = Atomic<UInt64>(0)
    private let events = Atomic<UInt64>(0)
    private let bytes = Atomic<UInt64>(0)
    private let packed = Atomic<UInt64>(0)
    private let fellBehind = Atomic<UInt64>(0)
    private let gaps = Atomic<UInt64>(0)
    private let gapSequences = Atomic<UInt64>(0)

    /// Something was made for a group, whoever was sent it.
    func countPacked() { packed.add(1, ordering: .relaxed) }

    /// One subscription was sent a portion.
    func countDelivered(_ portion: FeedPortion) {
        messages.add(1, ordering: .relaxed)
        events.add(UInt64(portion.events), ordering: .relaxed)
        bytes.add(UInt64(portion.bytes), ordering: .relaxed)
    }

    func countFellBehind() { fellBehind.add(1, ordering: .relaxed) }

    /// One subscription was told of a gap.
    func countGap(_ range: SequenceRange) {
        gaps.add(1, ordering: .relaxed)
        gapSequences.add(range.last.rawValue - range.first.rawValue + 1, ordering: .relaxed)
    }

    var totals: FeedTotals {
        FeedTotals(
            messages: messages.load(ordering: .relaxed), events: events.load(ordering: .relaxed),
            bytes: bytes.load(ordering: .relaxed),
            packedMessages: packed.load(ordering: .relaxed),
            fellBehind: fellBehind.load(ordering: .relaxed),
            gaps: gaps.load(ordering: .relaxed),
            gapSequences: gapSequences.load(ordering: .relaxed))
    }
}

/// What the feed has done since the start.
struct FeedTotals: Hashable, Sendable {
    /// Messages with events that were sent, the events in them and the bytes of their payloads: one
    /// that ten subscribers were sent counts ten times.
    var messages: UInt64 = 0
    var events: UInt64 = 0
    var bytes: UInt64 = 0
    /// Messages with events that were made: one that ten subscribers were sent counts once.
    var packedMessages: UInt64 = 0
    /// Subscriptions that the ring overtook, each as often as it did.
    var fellBehind: UInt64 = 0
    /// Gaps that were said, and the sequences in them.
    var gaps: UInt64 = 0
    var gapSequences: UInt64 = 0
}
