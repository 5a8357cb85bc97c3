import Codec
import Synchronization

/// Measures what one organization or token takes, over all of its connections. From any thread; the time is told, as
/// uptime.
package final class QuotaMeter: Sendable {
    private let subject: QuotaSubject
    private let usage: Mutex<QuotaUsage>
    /// False where nothing is measured: then calls of many threads do not meet at the lock.
    private let limited: Atomic<Bool>

    init(_ subject: QuotaSubject, _ quota: Quota, at now: Duration) {
        self.subject = subject
        usage = Mutex(QuotaUsage(quota, at: now))
        limited = Atomic(quota != .unlimited)
    }

    var isLimited: Bool { limited.load(ordering: .relaxed) }

    func set(_ quota: Quota, at now: Duration) {
        usage.withLock {
            $0.set(quota, at: now)
            limited.store(quota != .unlimited, ordering: .relaxed)
        }
    }

    /// All of a request or, when it is refused, nothing.
    func take(_ amount: RecordAmount, at now: Duration) -> QuotaRefusal? {
        guard isLimited else { return nil }
        return refusal(usage.withLock { $0.take(amount, at: now) })
    }

    /// Why a request may not be taken.
    func refuses(_ amount: RecordAmount, at now: Duration) -> QuotaRefusal? {
        guard isLimited else { return nil }
        return refusal(usage.withLock { $0.refuses(amount, at: now) })
    }

    func giveBack(_ amount: RecordAmount) {
        guard isLimited else { return }
        usage.withLock { $0.giveBack(amount) }
    }

    /// Counted without a limit, too: one may be set while the subscription is open.
    func beginSubscription() -> QuotaRefusal? {
        refusal(usage.withLock { $0.beginSubscription() })
    }

    func endSubscription() { usage.withLock { $0.endSubscription() } }

    func refusesRead(at now: Duration) -> QuotaRefusal? {
        guard isLimited else { return nil }
        return refusal(usage.withLock { $0.refusesRead(at: now) })
    }

    func charge(read time: Duration, at now: Duration) {
        guard isLimited else { return }
        usage.withLock { $0.charge(read: time, at: now) }
    }

    /// Whether a new one would be the same.
    func isAtRest(at now: Duration) -> Bool { usage.withLock { $0.isAtRest(at: now) } }

    private func refusal(_ excess: QuotaExcess?) -> QuotaRefusal? {
        excess.map { QuotaRefusal(subject: subject, excess: $0) }
    }
}
