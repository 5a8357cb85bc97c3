/// How long a server that was there has been away. Nothing is sent meanwhile, so that no attempts
/// are counted: what ends the wait is time. The clock is told to it.
struct Absence: Hashable, Sendable {
    private let timeMax: Duration
    private var end: ContinuousClock.Instant?

    init(policy: RetryPolicy) { timeMax = policy.outageMax }

    /// The server was not reached. False when it has been away for too long.
    mutating func goesOn(at now: ContinuousClock.Instant) -> Bool {
        let end = end ?? now + timeMax
        self.end = end
        return now < end
    }

    /// A server was reached.
    mutating func ended() { end = nil }

    var isUnderWay: Bool { end != nil }

    /// How much longer it may last.
    func timeLeft(at now: ContinuousClock.Instant) -> Duration {
        end.map { $0 - now } ?? timeMax
    }
}
