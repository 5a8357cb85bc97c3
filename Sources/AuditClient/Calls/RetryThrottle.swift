/// The budget of retries that all calls of a client share: a server that fails most of what it is
/// asked must not be asked several times as much.
struct RetryThrottle: Hashable, Sendable {
    private let tokensMax: Double
    private let tokensPerSuccess: Double
    private(set) var tokens: Double

    init(policy: RetryPolicy) {
        tokensMax = policy.tokensMax
        tokensPerSuccess = policy.tokensPerSuccess
        tokens = policy.tokensMax
    }

    var isThrottled: Bool { tokens <= tokensMax / 2 }

    mutating func succeeded() {
        tokens = min(tokens + tokensPerSuccess, tokensMax)
    }

    /// The server answered that it has trouble.
    mutating func failed() {
        tokens = max(tokens - 1, 0)
    }
}
