/// When a call that failed is made again. Every call of the audit log may be: reading changes
/// nothing, and a record has ids that store it once.
///
/// After https://github.com/grpc/proposal/blob/master/A6-client-retries.md. A call is made again
/// when no server was reached, when the connection was lost, when the server answered
/// UNAVAILABLE, and when it answered RESOURCE_EXHAUSTED and said when to come back. A call that the
/// server has certainly not begun is made again at once, whatever the policy.
///
/// A server that was reached before and is away now is waited for until the call's deadline: nothing
/// is sent meanwhile, so that it costs no attempts.
public struct RetryPolicy: Hashable, Sendable {
    /// Attempts of one call, the first one included; 1 or more. Of an upload: since its last answer.
    public var attemptsMax: Int
    /// How long a server that was there may be away before what has no deadline of its own gives up:
    /// an upload, and a call without a timeout. Longer than it takes to drain and to start.
    public var outageMax: Duration
    /// The pauses between them.
    public var backoff: Backoff
    /// How much failure of a server that answers is borne, over all calls: each one takes a token,
    /// and below half of them no call is made again. What failed with the connection costs none:
    /// one attempt to connect serves all calls.
    public var tokensMax: Double
    /// What a success gives back.
    public var tokensPerSuccess: Double

    public init(
        attemptsMax: Int, outageMax: Duration = .seconds(30),
        backoff: Backoff = Backoff(pauseMin: .milliseconds(100), pauseMax: .seconds(5)),
        tokensMax: Double = 100, tokensPerSuccess: Double = 0.1
    ) {
        precondition(attemptsMax >= 1, "a call has a first attempt")
        precondition(tokensMax > 0 && tokensPerSuccess > 0, "a budget that is never refilled")
        self.attemptsMax = attemptsMax
        self.outageMax = outageMax
        self.backoff = backoff
        self.tokensMax = tokensMax
        self.tokensPerSuccess = tokensPerSuccess
    }

    /// Up to five attempts.
    public static let standard = RetryPolicy(attemptsMax: 5)

    /// Each call is made once.
    public static let none = RetryPolicy(attemptsMax: 1)

    var retries: Bool { attemptsMax > 1 }
}
