internal import AuditRPC

/// Which server a client's calls go to, and what they wait for until it is reached. Told what
/// happened, it answers what to do; it knows no socket, no clock and no chance.
///
/// A round tries each server in turn, until one takes the connection. When none does, the next
/// round begins after a pause, if a call still waits for it. One attempt serves all calls that
/// wait.
struct ChannelMachine: Sendable {
    typealias CallID = UInt64

    /// What a call does without a connection.
    enum Patience: Hashable, Sendable {
        /// Waits for the round that runs; fails during the pause behind one.
        case failFast
        /// Waits for the end of the round that runs, or of the next one.
        case nextRound
    }

    /// Why an attempt to reach one server failed.
    struct Failure: Hashable, Sendable {
        /// The server's place in the list.
        var server: Int
        var reason: ConnectFailure
    }

    private enum State: Hashable, Sendable {
        case idle
        /// `server` is tried; those from `first` to it, round the list, were tried in vain.
        case connecting(server: Int)
        /// Behind a round that reached none.
        case pausing
        case open(server: Int)
        case closed
    }

    private let serverCount: Int
    private let backoff: Backoff
    private let waitingMax: Int
    private var state = State.idle
    /// Where the next round begins.
    private var first = 0
    /// Of the round that runs.
    private var failures: [Failure] = []
    /// Of the last round that reached no server.
    private(set) var lastFailures: [Failure] = []
    /// Rounds since the last success.
    private var failedRounds = 0
    /// A server was reached once: the addresses are right, and what is missing now may come back.
    private(set) var wasConnected = false
    private var waiting: Set<CallID> = []

    init(serverCount: Int, backoff: Backoff, waitingMax: Int = Limits.waitingCallsMax) {
        precondition(serverCount > 0, "a client has a server at least")
        self.serverCount = serverCount
        self.backoff = backoff
        self.waitingMax = waitingMax
    }

    // MARK: Calls

    enum OnCall: Hashable, Sendable {
        case proceed(server: Int)
        /// It waits, and this attempt begins.
        case connect(server: Int)
        case wait
        /// No server was reached in the last round.
        case fail([Failure])
        case refuseClosed
        /// As many wait as may.
        case refuseFull
    }

    mutating func onCall(_ call: CallID, _ patience: Patience) -> OnCall {
        switch state {
        case .closed: return .refuseClosed
        case .open(let server): return .proceed(server: server)
        case .pausing where patience == .failFast: return .fail(lastFailures)
        case .idle, .pausing, .connecting:
            guard waiting.count < waitingMax else { return .refuseFull }
            waiting.insert(call)
            return state == .idle ? .connect(server: beginRound()) : .wait
        }
    }

    /// A call no longer waits: its deadline has passed, or its task was cancelled.
    mutating func onGivenUp(_ call: CallID) {
        waiting.remove(call)
    }

    // MARK: Attempts

    enum OnConnected: Hashable, Sendable {
        /// The connection is the client's; these calls go on, to `server`.
        case open(server: Int, calls: [CallID])
        /// The client was closed meanwhile.
        case discard
    }

    mutating func onConnected() -> OnConnected {
        guard case .connecting(let server) = state else { return .discard }
        state = .open(server: server)
        first = server
        failures = []
        lastFailures = []
        failedRounds = 0
        wasConnected = true
        return .open(server: server, calls: takeWaiting())
    }

    enum OnAttemptFailed: Hashable, Sendable {
        case connect(server: Int)
        /// The round is over. Calls to fail, and the time after which `onPauseEnded` is due.
        case pause(Duration, calls: [CallID], failures: [Failure])
        /// The client was closed meanwhile.
        case ignore
    }

    /// - Parameters:
    ///   - roundTook: the time since the round began, which counts as a part of the pause.
    ///   - random: 0 to 1.
    mutating func onAttemptFailed(
        _ reason: ConnectFailure, roundTook: Duration, random: Double
    ) -> OnAttemptFailed {
        guard case .connecting(let server) = state else { return .ignore }
        failures.append(Failure(server: server, reason: reason))
        guard failures.count == serverCount else {
            let next = (server + 1) % serverCount
            state = .connecting(server: next)
            return .connect(server: next)
        }
        state = .pausing
        lastFailures = failures
        failedRounds += 1
        let pause = backoff.pause(after: failedRounds, random: random)
        return .pause(
            max(pause - roundTook, .zero), calls: takeWaiting(), failures: lastFailures)
    }

    enum OnPauseEnded: Hashable, Sendable {
        case connect(server: Int)
        /// Nobody waits: the next call connects.
        case rest
    }

    mutating func onPauseEnded() -> OnPauseEnded {
        guard state == .pausing else { return .rest }
        guard !waiting.isEmpty else {
            state = .idle
            return .rest
        }
        return .connect(server: beginRound())
    }

    // MARK: The connection

    /// The connection takes no calls any more: it was lost, or its server said GOAWAY. The next
    /// round begins with another server, where there is one.
    mutating func onLost() {
        guard case .open(let server) = state else { return }
        state = .idle
        first = (server + 1) % serverCount
    }

    /// The calls that waited.
    mutating func onClose() -> [CallID] {
        state = .closed
        return takeWaiting()
    }

    private mutating func beginRound() -> Int {
        failures = []
        state = .connecting(server: first)
        return first
    }

    /// In the order in which they came.
    private mutating func takeWaiting() -> [CallID] {
        defer { waiting = [] }
        return waiting.sorted()
    }
}
