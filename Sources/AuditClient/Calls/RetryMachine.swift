/// Whether a call that failed is made again, and when. Of one call; the clock and chance are told
/// to it.
struct RetryMachine: Hashable, Sendable {
    /// How an attempt failed, as far as it matters.
    enum Failure: Hashable, Sendable {
        /// No server was reached, nor ever before: the address may be wrong.
        case notConnected
        /// No server was reached, and one was before: it may come back.
        case away
        /// The server has certainly not begun the call.
        case notProcessed
        /// The connection went while the call was under way.
        case connectionLost
        /// The server answered that it is not available.
        case unavailable(Pushback?)
        /// The server answered that it has no room.
        case exhausted(Pushback?)
        /// Anything that a second attempt does not mend.
        case final
    }

    /// What the server says about a further attempt.
    enum Pushback: Hashable, Sendable {
        case after(Duration)
        case never
    }

    enum OnFailure: Hashable, Sendable {
        case retry(after: Duration)
        case giveUp
    }

    private let policy: RetryPolicy
    /// Attempts that have failed and count.
    private(set) var failures = 0
    private var backoffStep = 0
    private var retriesAtOnce = 0
    private var absence: Absence

    init(policy: RetryPolicy) {
        self.policy = policy
        absence = Absence(policy: policy)
    }

    /// - Parameters:
    ///   - timeLeft: until the call's deadline; nil without one.
    ///   - isThrottled: the server fails so much that no call is made again.
    ///   - random: 0 to 1.
    mutating func onFailure(
        _ failure: Failure, timeLeft: Duration?, at now: ContinuousClock.Instant,
        isThrottled: Bool, random: Double
    ) -> OnFailure {
        if case .away = failure { return onAway(timeLeft: timeLeft, at: now) }
        absence.ended()
        if case .notProcessed = failure, retriesAtOnce < Limits.retriesAtOnceMax {
            retriesAtOnce += 1
            return .retry(after: .zero)
        }
        failures += 1
        guard failures < policy.attemptsMax,
            let pause = pause(after: failure, isThrottled: isThrottled, random: random),
            timeLeft.map({ pause < $0 }) ?? true
        else { return .giveUp }
        return .retry(after: pause)
    }

    /// Nothing was sent, so that nothing counts.
    private mutating func onAway(
        timeLeft: Duration?, at now: ContinuousClock.Instant
    ) -> OnFailure {
        guard policy.retries else { return .giveUp }
        let isBorne = timeLeft.map { $0 > .zero } ?? absence.goesOn(at: now)
        return isBorne ? .retry(after: .zero) : .giveUp
    }

    /// Nil for never.
    private mutating func pause(
        after failure: Failure, isThrottled: Bool, random: Double
    ) -> Duration? {
        if isThrottled, failure.isServerTrouble { return nil }
        switch failure.remedy {
        case .none: return nil
        case .reconnect: return .zero
        case .pause(let asked):
            backoffStep = 0
            return policy.backoff.pause(asked: asked, random: random)
        case .backoff:
            backoffStep += 1
            return policy.backoff.pause(after: backoffStep, random: random)
        }
    }
}

extension RetryMachine.Failure {
    /// What may mend it.
    enum Remedy: Hashable, Sendable {
        case none
        /// Another attempt as soon as the channel has a connection: it has its own pauses.
        case reconnect
        /// Another attempt after the pause that the server asked for.
        case pause(Duration)
        /// Another attempt after a pause of the policy.
        case backoff
    }

    var remedy: Remedy {
        switch self {
        case .final, .exhausted(nil), .exhausted(.never), .unavailable(.never): .none
        case .notConnected, .away: .reconnect
        case .exhausted(.after(let pause)), .unavailable(.after(let pause)): .pause(pause)
        case .notProcessed, .connectionLost, .unavailable(nil): .backoff
        }
    }

    /// Nothing was sent, because there is no connection.
    var isMissingConnection: Bool { self == .notConnected || self == .away }

    /// A server that answers so has trouble, which more calls would not lessen.
    var isServerTrouble: Bool {
        switch self {
        case .unavailable, .exhausted: true
        case .notConnected, .away, .notProcessed, .connectionLost, .final: false
        }
    }
}
