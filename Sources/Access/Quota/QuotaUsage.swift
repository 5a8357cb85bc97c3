import AuditModel
import Codec

/// What was taken of one quota. Pure: told the time, as uptime.
struct QuotaUsage: Sendable {
    private(set) var quota = Quota.unlimited
    private var events: TokenBucket?
    private var bytes: TokenBucket?
    /// In nanoseconds of a reading thread.
    private var reads: TokenBucket?
    private var subscribers = 0

    init(_ quota: Quota, at now: Duration) { set(quota, at: now) }

    /// Puts another quota in force. What was taken of the one before stays taken.
    mutating func set(_ quota: Quota, at now: Duration) {
        self.quota = quota
        let eventsPerSecond = UInt64(quota.eventsPerSecond)
        Self.set(
            &events, .perSecond(eventsPerSecond),
            burst: max(eventsPerSecond, AccessLimits.eventsBurstMin), at: now)
        Self.set(&bytes, .perDay(quota.bytesPerDay), burst: quota.bytesPerDay, at: now)
        let readNanoseconds = UInt64(quota.queryMillisPerSecond) * 1_000_000
        Self.set(
            &reads, .perSecond(readNanoseconds),
            burst: max(readNanoseconds, AccessLimits.readBurstMin), at: now)
    }

    private static func set(
        _ bucket: inout TokenBucket?, _ rate: TokenBucket.Rate, burst: UInt64, at now: Duration
    ) {
        if rate.amount == 0 {
            bucket = nil
        } else if bucket == nil {
            bucket = TokenBucket(rate, burst: burst, at: now)
        } else {
            bucket?.change(to: rate, burst: burst, at: now)
        }
    }

    /// Takes all of a request or, when it is refused, nothing.
    mutating func take(_ amount: RecordAmount, at now: Duration) -> QuotaExcess? {
        if let excess = refuses(amount, at: now) { return excess }
        events?.take(amount.events, at: now)
        bytes?.take(amount.bytes, at: now)
        return nil
    }

    /// Why a request may not be taken.
    func refuses(_ amount: RecordAmount, at now: Duration) -> QuotaExcess? {
        guard amount.events > 0 else { return nil }
        let eventsWait = events?.wait(for: amount.events, at: now) ?? .zero
        let bytesWait = bytes?.wait(for: amount.bytes, at: now) ?? .zero
        if eventsWait > .zero, eventsWait >= bytesWait {
            return QuotaExcess(.eventsPerSecond(quota.eventsPerSecond), eventsWait)
        }
        if bytesWait > .zero {
            return QuotaExcess(.bytesPerDay(quota.bytesPerDay), bytesWait)
        }
        return nil
    }

    /// Of a request that was not stored after all.
    mutating func giveBack(_ amount: RecordAmount) {
        events?.giveBack(amount.events)
        bytes?.giveBack(amount.bytes)
    }

    mutating func beginSubscription() -> QuotaExcess? {
        guard quota.subscribers == 0 || subscribers < quota.subscribers else {
            // When one of them ends nobody knows.
            return QuotaExcess(.subscribers(quota.subscribers), .seconds(1))
        }
        subscribers += 1
        return nil
    }

    mutating func endSubscription() { subscribers -= 1 }

    /// Why a read may not begin now. How long it will take nobody knows, so that one may as long as anything is left.
    func refusesRead(at now: Duration) -> QuotaExcess? {
        guard let wait = reads?.wait(for: 1, at: now), wait > .zero else { return nil }
        return QuotaExcess(.queryMillisPerSecond(quota.queryMillisPerSecond), wait)
    }

    /// A read is over that took so long.
    mutating func charge(read time: Duration, at now: Duration) {
        reads?.take(Int(time.nanosecondsSaturating), at: now)
    }

    /// Whether it is as one that was never used.
    func isAtRest(at now: Duration) -> Bool {
        subscribers == 0
            && [events, bytes, reads].allSatisfy { $0?.isFull(at: now) ?? true }
    }
}

/// What a Record request takes of a quota.
package struct RecordAmount: Hashable, Sendable {
    package var events: Int
    package var bytes: Int

    package init(events: Int, bytes: Int) {
        self.events = events
        self.bytes = bytes
    }
}

/// Which limit of a quota is reached, and when what was refused would pass.
struct QuotaExcess: Hashable, Sendable {
    enum Limit: Hashable, Sendable {
        case eventsPerSecond(UInt32)
        case bytesPerDay(UInt64)
        case subscribers(UInt32)
        case queryMillisPerSecond(UInt32)
    }

    var limit: Limit
    var wait: Duration

    init(_ limit: Limit, _ wait: Duration) {
        self.limit = limit
        self.wait = wait
    }
}
