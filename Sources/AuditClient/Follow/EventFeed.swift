public import AuditModel
public import Codec

/// What follows a position in the log, as it is recorded, over any number of connections: every
/// matching event once, in order.
///
/// For one reader, which holds the server back while it does not read. The feed goes on behind
/// what it gave last whenever the connection is lost or its server goes away, and tries for as long
/// as it takes. It ends by an error only: one that another attempt would not mend, or `.cancelled`
/// when the task is.
public struct EventFeed: AsyncSequence, Sendable {
    public typealias Element = Update
    public typealias Failure = AuditClientError

    public enum Update: Hashable, Sendable {
        /// The server has begun to send: at first, and after each loss.
        case connected(ServerAddress)
        /// There is no connection, or it is of no use; the feed tries again by itself. Said once
        /// for each reason.
        case disconnected(AuditClientError)
        /// At least one.
        case events([Event])
        /// From here on the feed is live.
        case caughtUp(Sequence)
        /// Now read from the server's disk; nothing is lost.
        case fellBehind(Sequence)
        /// Events that retention took before they could be sent.
        case gap(SequenceRange, reason: String)
        /// All that matches has been given, up to there: where another feed may begin later.
        case position(Sequence)
    }

    let calls: CallRunner
    let request: SubscribeRequest
    /// How long nothing at all may come before the connection is given up.
    let silenceMax: Duration

    init(calls: CallRunner, request: SubscribeRequest, silenceMax: Duration? = nil) {
        self.calls = calls
        self.request = request
        let interval = request.progressInterval ?? Limits.progressIntervalUsual
        self.silenceMax = silenceMax ?? interval * Limits.silentIntervalsMax
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let feed: EventFeed
        private var machine: FeedMachine
        /// What the reader gets next, the last one first.
        private var updates: [Update] = []
        private var subscription: WatchedCall<SubscribeResponse>?
        private var pause = Duration.zero

        init(_ feed: EventFeed) {
            self.feed = feed
            machine = FeedMachine(
                start: feed.request.start, policy: feed.calls.configuration.retryPolicy)
        }

        /// Never nil.
        public mutating func next() async throws(AuditClientError) -> Update? {
            while true {
                if let update = updates.popLast() { return update }
                do throws(CallFailure) {
                    try await read()
                } catch {
                    try ended(by: error)
                }
            }
        }

        private mutating func read() async throws(CallFailure) {
            if let subscription {
                let response = try await next(of: subscription)
                updates = machine.received(response, from: subscription.server).reversed()
            } else {
                try await feed.calls.pause(for: pause)
                var request = feed.request
                request.start = machine.start
                subscription = WatchedCall(
                    try await feed.calls.subscribe(request).call, silenceMax: feed.silenceMax)
            }
        }

        private func next(
            of subscription: WatchedCall<SubscribeResponse>
        ) async throws(CallFailure) -> SubscribeResponse {
            subscription.watch.beginWaiting()
            defer { subscription.watch.endWaiting() }
            guard let response = try await subscription.next() else {
                throw CallFailure(.unavailable(nil), .endedEarly(subscription.server))
            }
            return response
        }

        private mutating func ended(by failure: CallFailure) throws(AuditClientError) {
            subscription = nil
            switch machine.failed(failure.error, failure.kind, random: .random(in: 0...1)) {
            case .end: throw failure.error
            case .again(let pause, let updates):
                self.pause = pause
                self.updates = updates.reversed()
            }
        }
    }
}
