import AuditModel

/// A token bucket: lets a rate pass, and a burst at once. Told the time, and exact: it counts in whole units.
///
/// What is more than the burst passes when the bucket is full and leaves it in debt, so that nothing is refused for
/// ever.
struct TokenBucket: Hashable, Sendable {
    /// How much comes back in how long.
    struct Rate: Hashable, Sendable {
        var amount: UInt64
        /// In nanoseconds.
        var period: Int64

        static func perSecond(_ amount: UInt64) -> Rate {
            Rate(amount: amount, period: 1_000_000_000)
        }

        static func perDay(_ amount: UInt64) -> Rate {
            Rate(amount: amount, period: 86_400_000_000_000)
        }
    }

    private var rate: Rate
    /// In units of which a nanosecond brings `rate.amount`, and one of what is taken has `rate.period`; 128 bits have
    /// room for any rate over centuries.
    private var capacity: Int128
    /// Below zero in debt.
    private var level: Int128
    /// When the level was that.
    private var time: Duration

    /// A full one.
    ///
    /// - Parameters:
    ///   - rate: more than nothing.
    ///   - now: uptime, as everywhere here.
    init(_ rate: Rate, burst: UInt64, at now: Duration) {
        precondition(rate.amount > 0, "a bucket that is never filled")
        self.rate = rate
        capacity = Int128(burst) * Int128(rate.period)
        level = capacity
        time = now
    }

    /// How long it takes until that much passes; zero when it does now.
    func wait(for amount: Int, at now: Duration) -> Duration {
        let missing = min(units(amount), capacity) - level(at: now)
        guard missing > 0 else { return .zero }
        let (nanoseconds, rest) = missing.quotientAndRemainder(dividingBy: Int128(rate.amount))
        return .nanoseconds(Int64(clamping: nanoseconds + (rest > 0 ? 1 : 0)))
    }

    /// Takes it, into debt if need be.
    mutating func take(_ amount: Int, at now: Duration) {
        level = level(at: now) - units(amount)
        time = now
    }

    /// Puts back what was taken for nothing.
    mutating func giveBack(_ amount: Int) {
        level = min(level + units(amount), capacity)
    }

    /// Whether it is as new.
    func isFull(at now: Duration) -> Bool { level(at: now) == capacity }

    /// Another rate and burst from now on. What a larger burst has more is there at once.
    mutating func change(to rate: Rate, burst: UInt64, at now: Duration) {
        let before = self
        self = TokenBucket(rate, burst: burst, at: now)
        precondition(rate.period == before.rate.period, "units of another size")
        let more = max(capacity - before.capacity, 0)
        level = min(before.level(at: now) + more, capacity)
    }

    private func units(_ amount: Int) -> Int128 { Int128(amount) * Int128(rate.period) }

    private func level(at now: Duration) -> Int128 {
        let elapsed = max((now - time).nanosecondsSaturating, 0)
        return min(level + Int128(elapsed) * Int128(rate.amount), capacity)
    }
}
