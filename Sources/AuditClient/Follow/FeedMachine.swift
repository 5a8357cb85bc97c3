internal import AuditModel
internal import Codec

/// Where a feed stands, over any number of connections. Told what came, it answers what the reader
/// gets and when to try again.
struct FeedMachine: Sendable {
    /// Where the next subscription begins.
    private(set) var start: SubscribeRequest.Start
    private let policy: RetryPolicy
    private var isLive = false
    /// What the reader was last told about why there is no connection.
    private var toldReason: String?
    /// Subscriptions that ended before anything but their beginning came, in a row.
    private var failures = 0
    /// Those among them that a full server refused.
    private var refusals = 0
    /// More than the beginning of a subscription came once: this feed is followed, and goes on.
    private var hasFollowed = false

    init(start: SubscribeRequest.Start, policy: RetryPolicy) {
        self.start = start
        self.policy = policy
    }

    // MARK: What the server said

    mutating func received(
        _ response: SubscribeResponse, from server: ServerAddress
    ) -> [EventFeed.Update] {
        // A server that is full may still begin a feed; only what follows is a success.
        if case .started = response {} else { succeeded() }
        switch response {
        case .started(let head, _):
            isLive = false
            return connected(to: server) + started(head: head)
        case .events(let events):
            guard let last = events.last else { return [] }
            return [.events(events)] + moved(to: last.sequence)
        case .progress(let sequence):
            // It may stand before a start that the server still looks for: who went on behind it would
            // be given what was recorded before that. Looking again is exact.
            if case .since = start { return [] }
            return moved(to: sequence)
        case .caughtUp(let sequence):
            defer { isLive = true }
            return (isLive ? [] : [.caughtUp(sequence)]) + moved(to: sequence)
        case .fellBehind(let sequence):
            isLive = false
            return [.fellBehind(sequence)]
        case .gap(let range, let reason):
            return [.gap(range, reason: reason)] + moved(to: range.last)
        case .unknown:
            return []
        }
    }

    private mutating func succeeded() {
        failures = 0
        refusals = 0
        hasFollowed = true
    }

    private mutating func connected(to server: ServerAddress) -> [EventFeed.Update] {
        toldReason = nil
        return [.connected(server)]
    }

    /// "Now" means the moment of the first connection: a later one must not skip what came in
    /// between.
    private mutating func started(head: AuditModel.Sequence) -> [EventFeed.Update] {
        guard case .now = start else { return [] }
        start = .after(head)
        return [.position(head)]
    }

    private mutating func moved(to sequence: AuditModel.Sequence) -> [EventFeed.Update] {
        if case .after(let position) = start, position >= sequence { return [] }
        start = .after(sequence)
        return [.position(sequence)]
    }

    // MARK: How it ended

    enum OnFailure: Hashable, Sendable {
        /// Subscribe again after the pause; the reader is told first.
        case again(after: Duration, [EventFeed.Update])
        /// Nothing that another attempt would mend.
        case end
    }

    /// - Parameter random: 0 to 1.
    mutating func failed(
        _ error: AuditClientError, _ failure: RetryMachine.Failure, random: Double
    ) -> OnFailure {
        let pause: Duration
        switch failure.remedy {
        case .none: return .end
        case .reconnect: pause = .zero
        case .pause(let asked):
            failures += 1
            pause = policy.backoff.pause(asked: asked, after: failures, random: random)
        case .backoff:
            failures += 1
            pause = policy.backoff.pause(after: failures, random: random)
        }
        if case .exhausted = failure, !hasFollowed {
            refusals += 1
            guard refusals < policy.attemptsMax else { return .end }
        }
        guard toldReason != error.message else { return .again(after: pause, []) }
        toldReason = error.message
        return .again(after: pause, [.disconnected(error)])
    }
}
