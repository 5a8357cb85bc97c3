import AuditModel
import AuditRPC
import Codec
import Testing

@testable import AuditClient

struct FeedMachineTests {
    let server = ServerAddress(host: "a", port: 1)
    let policy = RetryPolicy(
        attemptsMax: 3,
        backoff: Backoff(
            pauseMin: .milliseconds(100), pauseMax: .seconds(1), multiplier: 2, jitter: 0))

    func machine(_ start: SubscribeRequest.Start) -> FeedMachine {
        FeedMachine(start: start, policy: policy)
    }

    func sequence(_ value: UInt64) -> AuditModel.Sequence { AuditModel.Sequence(value) }

    func events(_ sequences: UInt64...) -> [Event] {
        sequences.map { Event(id: "\($0)", sequence: sequence($0)) }
    }

    func started(head: UInt64) -> SubscribeResponse {
        .started(head: sequence(head), oldest: sequence(1))
    }

    func error(_ message: String) -> AuditClientError { AuditClientError(.unavailable, message) }

    @Test func whatWasGivenIsWhereTheNextConnectionBegins() {
        var machine = machine(.oldest)
        #expect(machine.received(started(head: 9), from: server) == [.connected(server)])
        #expect(machine.start == .oldest)
        #expect(
            machine.received(.events(events(3, 5)), from: server)
                == [.events(events(3, 5)), .position(sequence(5))])
        #expect(machine.start == .after(sequence(5)))
    }

    @Test func nowIsTheMomentOfTheFirstConnection() {
        var machine = machine(.now)
        #expect(
            machine.received(started(head: 9), from: server)
                == [.connected(server), .position(sequence(9))])
        // A second connection does not skip what was recorded in between.
        #expect(machine.received(started(head: 20), from: server) == [.connected(server)])
        #expect(machine.start == .after(sequence(9)))
    }

    @Test func progressMovesAnIdleFeed() {
        var machine = machine(.after(sequence(4)))
        #expect(machine.received(.progress(sequence(8)), from: server) == [.position(sequence(8))])
        #expect(machine.received(.progress(sequence(8)), from: server) == [])
        #expect(machine.start == .after(sequence(8)))
    }

    @Test func progressBeforeATimeIsFoundIsNoPlaceToGoOnFrom() {
        let since = Timestamp(nanosecondsSinceEpoch: 5)
        var machine = machine(.since(since))
        #expect(machine.received(.progress(sequence(8)), from: server) == [])
        #expect(machine.start == .since(since))
        #expect(
            machine.received(.caughtUp(sequence(9)), from: server)
                == [.caughtUp(sequence(9)), .position(sequence(9))])
        #expect(
            machine.received(.progress(sequence(10)), from: server) == [.position(sequence(10))])
        #expect(machine.start == .after(sequence(10)))
    }

    @Test func thePositionNeverGoesBack() {
        var machine = machine(.after(sequence(8)))
        #expect(machine.received(.progress(sequence(3)), from: server) == [])
        #expect(machine.start == .after(sequence(8)))
    }

    @Test func catchingUpIsSaidOnceAConnectionUntilItFallsBehind() {
        var machine = machine(.after(sequence(4)))
        func caughtUp(_ value: UInt64) -> Bool {
            machine.received(.caughtUp(sequence(value)), from: server)
                .contains(.caughtUp(sequence(value)))
        }
        #expect(caughtUp(5))
        #expect(!caughtUp(6))
        #expect(
            machine.received(.fellBehind(sequence(6)), from: server) == [.fellBehind(sequence(6))])
        #expect(caughtUp(9))
        _ = machine.received(started(head: 9), from: server)
        #expect(caughtUp(9))
    }

    @Test func aGapIsToldAndPassedOver() {
        var machine = machine(.after(sequence(4)))
        let range = SequenceRange(first: sequence(5), last: sequence(7))
        #expect(
            machine.received(.gap(range, reason: "retention"), from: server)
                == [.gap(range, reason: "retention"), .position(sequence(7))])
        #expect(machine.start == .after(sequence(7)))
    }

    @Test func whatIsNotKnownIsIgnored() {
        var machine = machine(.now)
        #expect(machine.received(.unknown, from: server) == [])
        #expect(machine.received(.events([]), from: server) == [])
    }

    @Test func aReasonIsToldOnceHoweverOftenItIsMet() {
        var machine = machine(.oldest)
        #expect(
            machine.failed(error("refused"), .notConnected, random: 0)
                == .again(after: .zero, [.disconnected(error("refused"))]))
        #expect(
            machine.failed(error("refused"), .notConnected, random: 0) == .again(after: .zero, []))
        #expect(
            machine.failed(error("timed out"), .notConnected, random: 0)
                == .again(after: .zero, [.disconnected(error("timed out"))]))
        _ = machine.received(started(head: 1), from: server)
        #expect(
            machine.failed(error("timed out"), .notConnected, random: 0)
                == .again(after: .zero, [.disconnected(error("timed out"))]))
    }

    @Test func aServerThatGoesAwayIsWaitedForWithoutEnd() {
        var machine = machine(.oldest)
        var pauses: [Duration] = []
        for _ in 0..<6 {
            guard
                case .again(let pause, _) = machine.failed(
                    error("draining"), .unavailable(nil), random: 0)
            else { break }
            pauses.append(pause)
        }
        #expect(pauses == [100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
        // Beginning is no success yet; what follows it is.
        _ = machine.received(started(head: 1), from: server)
        guard
            case .again(let longest, _) = machine.failed(
                error("draining"), .connectionLost, random: 0)
        else { return }
        #expect(longest == .seconds(1))
        _ = machine.received(.progress(sequence(1)), from: server)
        guard
            case .again(let shortest, _) = machine.failed(
                error("draining"), .connectionLost, random: 0)
        else { return }
        #expect(shortest == .milliseconds(100))
    }

    @Test func aFeedThatIsFollowedGoesOnHoweverOftenAFullServerRefuses() {
        var machine = machine(.oldest)
        _ = machine.received(started(head: 1), from: server)
        _ = machine.received(.progress(sequence(1)), from: server)
        let full = RetryMachine.Failure.exhausted(.after(.milliseconds(300)))
        var pauses: [Duration] = []
        for _ in 0..<20 {
            guard case .again(let pause, _) = machine.failed(error("full"), full, random: 0)
            else { break }
            pauses.append(pause)
        }
        // Each time it is asked later, and never sooner than it wants.
        let first = [300, 300, 400, 800, 1_000].map { Duration.milliseconds($0) }
        #expect(Array(pauses.prefix(5)) == first)
        #expect(pauses.count == 20)
    }

    @Test func manyFeedsDoNotComeBackAtOnce() {
        var policy = policy
        policy.backoff.jitter = 0.2
        func pause(_ failure: RetryMachine.Failure, random: Double) -> Duration? {
            var machine = FeedMachine(start: .oldest, policy: policy)
            guard case .again(let pause, _) = machine.failed(error(""), failure, random: random)
            else { return nil }
            return pause
        }
        for asked in [
            RetryMachine.Failure.exhausted(.after(.seconds(10))),
            .unavailable(.after(.seconds(10))),
        ] {
            #expect(pause(asked, random: 0) == .seconds(10))
            #expect(pause(asked, random: 1) == .seconds(12))
        }
        // "At once" would be a loop without a pause.
        #expect(pause(.unavailable(.after(.zero)), random: 0) == policy.backoff.pauseMin)
        #expect(pause(.exhausted(.after(.zero)), random: 0) == policy.backoff.pauseMin)
    }

    @Test func aServerThatIsFullFromTheBeginningIsAskedAFewTimes() {
        var machine = machine(.oldest)
        let full = RetryMachine.Failure.exhausted(.after(.seconds(2)))
        #expect(
            machine.failed(error("full"), full, random: 0)
                == .again(after: .seconds(2), [.disconnected(error("full"))]))
        #expect(machine.failed(error("full"), full, random: 0) == .again(after: .seconds(2), []))
        #expect(machine.failed(error("full"), full, random: 0) == .end)
    }

    @Test(arguments: [
        RetryMachine.Failure.final, .exhausted(nil), .exhausted(.never), .unavailable(.never),
    ])
    func whatNoAttemptMendsEndsTheFeed(failure: RetryMachine.Failure) {
        var machine = machine(.oldest)
        #expect(machine.failed(error("no"), failure, random: 0) == .end)
    }
}
