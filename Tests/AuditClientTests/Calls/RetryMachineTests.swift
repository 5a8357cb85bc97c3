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
            machine.onFailure($0, timeLeft: timeLeft, isThrottled: isThrottled, random: 0.5)
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
