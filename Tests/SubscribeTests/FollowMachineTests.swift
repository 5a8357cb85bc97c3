import AuditModel
import Subscribe
import Testing

struct FollowMachineTests {
    @Test func aFreshFeedReadsTheDiskThenTheRingThenWaits() {
        var machine = FollowMachine(after: .zero, onGap: .fail)
        let stored = FollowMachine.Stored(
            oldest: Sequence(1), head: Sequence(9), ringFirst: Sequence(5))
        #expect(machine.next(stored) == .readDisk(from: Sequence(1)))
        machine.passed(through: Sequence(4))
        #expect(machine.next(stored) == .readRing(from: Sequence(5)))
        machine.passed(through: Sequence(9))
        #expect(machine.next(stored) == .say(.caughtUp(Sequence(9))))
        #expect(machine.next(stored) == .wait(after: Sequence(9)))
        #expect(machine.next(stored) == .wait(after: Sequence(9)), "a notice is said once")
    }

    @Test func theRingOvertakesALiveFeed() {
        var machine = FollowMachine(after: Sequence(3), onGap: .fail)
        let before = FollowMachine.Stored(
            oldest: Sequence(1), head: Sequence(3), ringFirst: Sequence(2))
        #expect(machine.next(before) == .say(.caughtUp(Sequence(3))))
        let after = FollowMachine.Stored(
            oldest: Sequence(1), head: Sequence(90), ringFirst: Sequence(50))
        #expect(machine.next(after) == .say(.fellBehind(Sequence(3))))
        #expect(machine.next(after) == .readDisk(from: Sequence(4)))
        machine.passed(through: Sequence(60))
        #expect(machine.next(after) == .readRing(from: Sequence(61)))
        machine.passed(through: Sequence(90))
        #expect(machine.next(after) == .say(.caughtUp(Sequence(90))))
    }

    @Test func retentionThatOvertakesAFeedIsAnExactGapOrAFailure() {
        let stored = FollowMachine.Stored(oldest: Sequence(8), head: Sequence(9), ringFirst: nil)
        let gone = SequenceRange(first: Sequence(3), last: Sequence(7))
        var failing = FollowMachine(after: Sequence(2), onGap: .fail)
        #expect(failing.next(stored) == .fail(gone, .retention))
        var goingOn = FollowMachine(after: Sequence(2), onGap: .goOn)
        #expect(goingOn.next(stored) == .say(.gap(gone, .retention)))
        #expect(goingOn.next(stored) == .readDisk(from: Sequence(8)))
    }

    @Test func progressTellsWhatTheFilterSkipped() {
        var machine = FollowMachine(after: Sequence(1), onGap: .fail)
        machine.passed(through: Sequence(50))
        #expect(machine.progress == .progress(Sequence(50)))
    }

    @Test func damageIsAnExactGapOrAFailure() {
        let damaged = SequenceRange(first: Sequence(3), last: Sequence(7))
        var failing = FollowMachine(after: Sequence(2), onGap: .fail)
        #expect(failing.foundGone(through: Sequence(7), .damage) == .fail(damaged, .damage))
        var goingOn = FollowMachine(after: Sequence(2), onGap: .goOn)
        #expect(goingOn.foundGone(through: Sequence(7), .damage) == .say(.gap(damaged, .damage)))
        #expect(goingOn.position == Sequence(7))
    }

    @Test func whatARestoredStoreSkippedIsAnExactGapOfItsOwnOrAFailure() {
        let skipped = SequenceRange(first: Sequence(10), last: Sequence(99))
        // Retention has taken all before, and some.
        for (oldest, gone) in [(Sequence(1), 0), (Sequence(8), 5), (Sequence(100), 7)] {
            let stored = FollowMachine.Stored(
                oldest: oldest, head: Sequence(120), ringFirst: Sequence(110), skipped: skipped)
            var machine = FollowMachine(after: Sequence(2), onGap: .goOn)
            if gone > 0 {
                let range = SequenceRange(first: Sequence(3), last: Sequence(UInt64(2 + gone)))
                #expect(machine.next(stored) == .say(.gap(range, .retention)))
            }
            if gone < 7 {
                #expect(machine.next(stored) == .readDisk(from: machine.position.next))
                machine.passed(through: Sequence(9))
            }
            #expect(machine.next(stored) == .say(.gap(skipped, .restoration)))
            #expect(machine.position == Sequence(99))
        }
    }

    @Test func aPositionAmongSkippedSequencesIsNeverServedInSilence() {
        let skipped = SequenceRange(first: Sequence(10), last: Sequence(99))
        // Nothing is stored behind them yet, or something is.
        for head in [Sequence(99), Sequence(120)] {
            let stored = FollowMachine.Stored(
                oldest: Sequence(1), head: head, ringFirst: nil, skipped: skipped)
            for position in [UInt64(9), 10, 50, 98] {
                let rest = SequenceRange(first: Sequence(position + 1), last: Sequence(99))
                var failing = FollowMachine(after: Sequence(position), onGap: .fail)
                #expect(failing.next(stored) == .fail(rest, .restoration))
                var goingOn = FollowMachine(after: Sequence(position), onGap: .goOn)
                #expect(goingOn.next(stored) == .say(.gap(rest, .restoration)))
                #expect(goingOn.position == Sequence(99))
            }
        }
        let behind = FollowMachine.Stored(oldest: Sequence(1), head: Sequence(99), ringFirst: nil)
        var machine = FollowMachine(after: Sequence(99), onGap: .fail)
        #expect(machine.next(behind) == .say(.caughtUp(Sequence(99))))
    }
}
