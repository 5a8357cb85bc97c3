import Testing

@testable import AuditClient

struct RetryMachineTests {
    typealias Failure = RetryMachine.Failure

    let policy = RetryPolicy(
        attemptsMax: 4,
        backoff: Backoff(
            pauseMin: .milliseconds(100), pauseMax: .seconds(1), multiplier: 2, jitter: 0))

    func pauses(
        _ failures: [Failure], policy: RetryPolicy? = nil, timeLeft: Duration? = nil,
        isThrottled: Bool = false
    ) -> [RetryMachine.OnFailure] {
        var machine = RetryMachine(policy: policy ?? self.policy)
        return failures.map {
            machine.onFailure(
                $0, timeLeft: timeLeft, at: .now, isThrottled: isThrottled, random: 0.5)
        }
    }

    @Test func attemptsAreBoundedAndTheirPausesGrow() {
        #expect(
            pauses([.unavailable(nil), .connectionLost, .unavailable(nil), .unavailable(nil)])
                == [
                    .retry(after: .milliseconds(100)), .retry(after: .milliseconds(200)),
                    .retry(after: .milliseconds(400)), .giveUp,
                ])
    }

    @Test func theChannelPausesForWhomItDidNotConnect() {
        #expect(
            pauses([.notConnected, .notConnected, .notConnected, .notConnected])
                == [
                    .retry(after: .zero), .retry(after: .zero), .retry(after: .zero), .giveUp,
                ])
    }

    @Test func aServerThatWasThereIsWaitedForUntilTheDeadlineAndCostsNoAttempts() {
        let away = Array(repeating: Failure.away, count: 100)
        let again = Array(repeating: RetryMachine.OnFailure.retry(after: .zero), count: 100)
        #expect(pauses(away, timeLeft: .nanoseconds(1)) == again)
        #expect(pauses([.away], timeLeft: .zero) == [.giveUp])
        // As many attempts as before are left, and their pauses are those of the first ones.
        #expect(
            pauses(away + [.connectionLost, .connectionLost, .connectionLost, .connectionLost])
                .dropFirst(100) == [
                    .retry(after: .milliseconds(100)), .retry(after: .milliseconds(200)),
                    .retry(after: .milliseconds(400)), .giveUp,
                ])
        #expect(pauses([.away], policy: RetryPolicy.none, timeLeft: .seconds(9)) == [.giveUp])
    }

    @Test func withoutADeadlineAnOutageIsBoundedByItself() {
        let policy = RetryPolicy(attemptsMax: 4, outageMax: .seconds(30), backoff: policy.backoff)
        var machine = RetryMachine(policy: policy)
        let start = ContinuousClock.now
        func away(at seconds: Double) -> RetryMachine.OnFailure {
            machine.onFailure(
                .away, timeLeft: nil, at: start + .seconds(seconds), isThrottled: false,
                random: 0.5)
        }
        #expect(away(at: 10) == .retry(after: .zero))
        #expect(away(at: 39.9) == .retry(after: .zero))
        #expect(away(at: 40) == .giveUp)
        // A server that was reached in between begins another one.
        _ = machine.onFailure(
            .connectionLost, timeLeft: nil, at: start, isThrottled: false, random: 0.5)
        #expect(away(at: 50) == .retry(after: .zero))
        #expect(away(at: 79) == .retry(after: .zero))
        #expect(away(at: 80) == .giveUp)
    }

    @Test func theTimeThatTheServerAskedForIsSpreadToTheLongerSide() {
        var policy = policy
        policy.backoff.jitter = 0.2
        func pause(random: Double) -> RetryMachine.OnFailure {
            var machine = RetryMachine(policy: policy)
            return machine.onFailure(
                .exhausted(.after(.seconds(10))), timeLeft: nil, at: .now, isThrottled: false,
                random: random)
        }
        #expect(pause(random: 0) == .retry(after: .seconds(10)))
        #expect(pause(random: 1) == .retry(after: .seconds(12)))
    }

    @Test func whatTheServerHasNotBegunIsMadeAgainAtOnceWhateverThePolicy() {
        let atOnce = Array(
            repeating: RetryMachine.OnFailure.retry(after: .zero), count: Limits.retriesAtOnceMax)
        #expect(
            pauses(
                Array(repeating: .notProcessed, count: atOnce.count + 1), policy: RetryPolicy.none)
                == atOnce + [.giveUp])
        // They count for nothing.
        #expect(
            pauses(Array(repeating: .notProcessed, count: atOnce.count) + [.connectionLost]).last
                == .retry(after: .milliseconds(100)))
    }

    @Test func whatNoAttemptMendsIsGivenUp() {
        #expect(pauses([.final]) == [.giveUp])
        #expect(pauses([.exhausted(nil)]) == [.giveUp])
        #expect(pauses([.unavailable(nil)], policy: RetryPolicy.none) == [.giveUp])
    }

    @Test func theServerSaysWhenToComeBack() {
        #expect(
            pauses([
                .unavailable(nil), .unavailable(nil), .exhausted(.after(.seconds(3))),
            ]).last == .retry(after: .seconds(3)))
        // After which the pauses begin anew.
        #expect(
            pauses([.unavailable(nil), .unavailable(.after(.seconds(3))), .unavailable(nil)]).last
                == .retry(after: .milliseconds(100)))
        #expect(pauses([.unavailable(.never)]) == [.giveUp])
        #expect(pauses([.exhausted(.never)]) == [.giveUp])
    }

    @Test func aPauseMustEndBeforeTheDeadline() {
        #expect(
            pauses([.unavailable(nil)], timeLeft: .milliseconds(101))
                == [.retry(after: .milliseconds(100))])
        #expect(pauses([.unavailable(nil)], timeLeft: .milliseconds(100)) == [.giveUp])
    }

    @Test func aServerInTroubleIsNotAskedAgain() {
        #expect(pauses([.unavailable(nil)], isThrottled: true) == [.giveUp])
        #expect(pauses([.exhausted(.after(.zero))], isThrottled: true) == [.giveUp])
        // A lost connection says nothing about the server.
        #expect(
            pauses([.connectionLost], isThrottled: true) == [.retry(after: .milliseconds(100))])
    }
}

struct RetryThrottleTests {
    @Test func mostlyFailingEndsRetriesAndSuccessesBringThemBack() {
        var throttle = RetryThrottle(
            policy: RetryPolicy(attemptsMax: 2, tokensMax: 10, tokensPerSuccess: 0.5))
        for _ in 0..<4 { throttle.failed() }
        #expect(!throttle.isThrottled)
        throttle.failed()
        #expect(throttle.isThrottled)
        throttle.succeeded()
        #expect(!throttle.isThrottled)
    }

    @Test func theBudgetIsBoundedOnBothSides() {
        var throttle = RetryThrottle(
            policy: RetryPolicy(attemptsMax: 2, tokensMax: 10, tokensPerSuccess: 1))
        throttle.succeeded()
        #expect(throttle.tokens == 10)
        for _ in 0..<100 { throttle.failed() }
        #expect(throttle.tokens == 0)
    }
}
