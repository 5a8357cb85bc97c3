import AuditRPC
import Testing

@testable import AuditClient
@testable import AuditCommand

/// A restart of the server under a command, on a clock that the test moves: the machines of the client
/// with what the commands configure them with.
struct OutageTests {
    /// What waits for the server.
    enum Waiting: CaseIterable {
        case call, upload
    }

    let configuration = ConnectionSettings(servers: []).configuration

    /// When what was under way reaches a server again, since it lost the last one; nil when it gives up.
    func reaches(_ waiting: Waiting, after outage: Duration, random: Double) -> Duration? {
        let start = ContinuousClock.now
        var now = Duration.zero
        var waiter = Waiter(waiting, configuration, start: start)
        var channel = ChannelMachine(serverCount: 1, backoff: configuration.reconnectBackoff)
        _ = channel.onCall(0, .failFast)
        _ = channel.onConnected()
        channel.onLost()
        guard let first = waiter.failed(.connectionLost, at: now, random: random),
            case .connect = channel.onCall(1, .nextRound)
        else { return nil }
        now += first
        while true {
            if now >= outage { return now }
            guard
                case .pause(let pause, [1], _) = channel.onAttemptFailed(
                    .refused, roundTook: .zero, random: random),
                waiter.failed(.away, at: now, random: random) == .zero,
                case .wait = channel.onCall(1, .nextRound)
            else { return nil }
            now += pause
            // The timer of whoever waits.
            guard now < waiter.end else { return nil }
            guard case .connect = channel.onPauseEnded() else { return nil }
        }
    }

    /// A call or an upload that has just lost its server.
    private struct Waiter {
        let start: ContinuousClock.Instant
        let timeout: Duration
        let isCall: Bool
        var call: RetryMachine
        var upload: UploadQueue

        init(
            _ waiting: Waiting, _ configuration: AuditLogClient.Configuration,
            start: ContinuousClock.Instant
        ) {
            self.start = start
            isCall = waiting == .call
            timeout = configuration.callTimeout ?? .zero
            call = RetryMachine(policy: configuration.retryPolicy)
            upload = UploadQueue(policy: configuration.retryPolicy)
            upload.opened()
        }

        /// The pause before the next attempt; nil when there is none.
        mutating func failed(
            _ kind: RetryMachine.Failure, at now: Duration, random: Double
        ) -> Duration? {
            if isCall {
                let next = call.onFailure(
                    kind, timeLeft: timeout - now, at: start + now, isThrottled: false,
                    random: random)
                guard case .retry(let pause) = next else { return nil }
                return pause
            }
            let failure = CallFailure(kind, AuditClientError(.unavailable, "away"))
            guard
                case .again(let pause) = upload.onFailure(failure, at: start + now, random: random)
            else { return nil }
            return pause
        }

        /// When it gives up waiting for a connection.
        var end: Duration {
            isCall ? timeout : upload.timeLeft(at: start) ?? .zero
        }
    }

    /// A drain takes ten seconds at most, and then comes the replay.
    @Test(arguments: Waiting.allCases, [1.0, 8, 15, 18, 20, 25])
    func aRestartIsBridged(waiting: Waiting, seconds: Double) throws {
        for random in [0, 0.5, 1] {
            let reached = try #require(
                reaches(waiting, after: .seconds(seconds), random: random))
            // And it is found again soon after it is back.
            #expect(reached <= .seconds(seconds * 1.3 + 4))
        }
    }

    @Test(arguments: Waiting.allCases)
    func aServerThatDoesNotComeBackIsNotWaitedForLonger(waiting: Waiting) {
        for random in [0, 0.5, 1] {
            #expect(reaches(waiting, after: .seconds(31), random: random) == nil)
        }
    }
}
