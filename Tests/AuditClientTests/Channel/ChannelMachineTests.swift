import AuditRPC
import Testing

@testable import AuditClient

struct ChannelMachineTests {
    typealias Failure = ChannelMachine.Failure

    func machine(servers: Int = 2, waitingMax: Int = 100) -> ChannelMachine {
        ChannelMachine(
            serverCount: servers,
            backoff: Backoff(
                pauseMin: .seconds(1), pauseMax: .seconds(8), multiplier: 2, jitter: 0),
            waitingMax: waitingMax)
    }

    /// A machine whose first round has failed; call 1 began it.
    func pausing() -> ChannelMachine {
        var machine = machine()
        _ = machine.onCall(1, .failFast)
        _ = machine.onAttemptFailed(.refused, roundTook: .zero, random: 0)
        _ = machine.onAttemptFailed(.timedOut, roundTook: .zero, random: 0)
        return machine
    }

    @Test func oneAttemptServesAllCallsThatWait() {
        var machine = machine()
        #expect(machine.onCall(1, .failFast) == .connect(server: 0))
        #expect(machine.onCall(2, .failFast) == .wait)
        #expect(machine.onCall(3, .nextRound) == .wait)
        #expect(machine.onConnected() == .open(server: 0, calls: [1, 2, 3]))
        #expect(machine.onCall(4, .failFast) == .proceed(server: 0))
    }

    @Test func theServersAreTriedInTurnAndAllOfTheirFailuresAreTold() {
        var machine = machine()
        #expect(machine.onCall(1, .failFast) == .connect(server: 0))
        #expect(
            machine.onAttemptFailed(.refused, roundTook: .zero, random: 0) == .connect(server: 1))
        #expect(machine.onCall(2, .nextRound) == .wait)
        let failures = [
            Failure(server: 0, reason: .refused), Failure(server: 1, reason: .timedOut),
        ]
        #expect(
            machine.onAttemptFailed(.timedOut, roundTook: .zero, random: 0)
                == .pause(.seconds(1), calls: [1, 2], failures: failures))
        #expect(machine.lastFailures == failures)
    }

    @Test func duringThePauseACallFailsOrWaitsForTheNextRound() {
        var machine = pausing()
        #expect(machine.onCall(2, .failFast) == .fail(machine.lastFailures))
        #expect(machine.onCall(3, .nextRound) == .wait)
        #expect(machine.onPauseEnded() == .connect(server: 0))
        // Now the round runs, and also a call that fails fast waits for it.
        #expect(machine.onCall(4, .failFast) == .wait)
        #expect(machine.onConnected() == .open(server: 0, calls: [3, 4]))
        #expect(machine.lastFailures.isEmpty)
    }

    @Test func nobodyIsReachedForNobody() {
        var machine = pausing()
        #expect(machine.onPauseEnded() == .rest)
        #expect(machine.onCall(2, .failFast) == .connect(server: 0))
    }

    @Test func aCallThatGaveUpNeedsNoRound() {
        var machine = pausing()
        #expect(machine.onCall(2, .nextRound) == .wait)
        machine.onGivenUp(2)
        #expect(machine.onPauseEnded() == .rest)
    }

    @Test func pausesGrowUntilAServerIsReached() {
        var machine = machine(servers: 1)
        func failRound(_ call: UInt64, took: Duration = .zero) -> Duration? {
            _ = machine.onCall(call, .nextRound)
            _ = machine.onPauseEnded()
            guard
                case .pause(let pause, _, _) = machine.onAttemptFailed(
                    .refused, roundTook: took, random: 0)
            else { return nil }
            return pause
        }
        #expect(failRound(1) == .seconds(1))
        #expect(failRound(2) == .seconds(2))
        // What the round took is a part of its pause.
        #expect(failRound(3, took: .seconds(3)) == .seconds(1))
        #expect(failRound(4, took: .seconds(9)) == .zero)
        _ = machine.onCall(5, .nextRound)
        _ = machine.onPauseEnded()
        #expect(machine.onConnected() == .open(server: 0, calls: [5]))
        machine.onLost()
        #expect(failRound(6) == .seconds(1))
    }

    @Test func afterALossTheNextServerIsTriedFirst() {
        var machine = machine(servers: 3)
        _ = machine.onCall(1, .failFast)
        _ = machine.onAttemptFailed(.refused, roundTook: .zero, random: 0)
        #expect(machine.onConnected() == .open(server: 1, calls: [1]))
        machine.onLost()
        #expect(machine.onCall(2, .failFast) == .connect(server: 2))
        #expect(
            machine.onAttemptFailed(.refused, roundTook: .zero, random: 0) == .connect(server: 0))
        #expect(
            machine.onAttemptFailed(.refused, roundTook: .zero, random: 0) == .connect(server: 1))
        #expect(machine.onConnected() == .open(server: 1, calls: [2]))
    }

    @Test func aClosedChannelTakesNothing() {
        var machine = machine()
        _ = machine.onCall(1, .failFast)
        _ = machine.onCall(2, .nextRound)
        #expect(machine.onClose() == [1, 2])
        // What was under way comes too late.
        #expect(machine.onConnected() == .discard)
        #expect(machine.onAttemptFailed(.refused, roundTook: .zero, random: 0) == .ignore)
        #expect(machine.onPauseEnded() == .rest)
        #expect(machine.onCall(3, .nextRound) == .refuseClosed)
        #expect(machine.onClose() == [])
    }

    @Test func onlySoManyCallsWait() {
        var machine = machine(waitingMax: 2)
        _ = machine.onCall(1, .failFast)
        #expect(machine.onCall(2, .failFast) == .wait)
        #expect(machine.onCall(3, .failFast) == .refuseFull)
        machine.onGivenUp(1)
        #expect(machine.onCall(3, .failFast) == .wait)
    }
}
