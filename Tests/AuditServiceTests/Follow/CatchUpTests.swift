import AuditModel
import Codec
import Synchronization
import Testing

@testable import AuditService

struct CatchUpTests {
    private func group(_ id: UInt64) -> FeedGroup {
        FeedGroup(id: id, plan: SearchPlan(.init(), organization: nil))
    }

    @Test func whoAskedFirstIsServedFirstAndEqualsTogether() {
        var queue = CatchUpQueue<String>()
        let (one, two) = (group(1), group(2))
        queue.add("a", one, after: Sequence(1))
        queue.add("b", two, after: Sequence(1))
        queue.add("c", one, after: Sequence(1))
        queue.add("d", one, after: Sequence(2))
        #expect(queue.take()?.waiters == ["a", "c"])
        queue.add("e", one, after: Sequence(1))
        #expect(queue.take()?.waiters == ["b"])
        #expect(queue.take()?.waiters == ["d"])
        #expect(queue.take()?.waiters == ["e"])
        #expect(queue.take() == nil)
        #expect(queue.isEmpty)
    }

    @Test func whoLeavesTakesItsReadingAlongUnlessOthersWaitForIt() {
        var queue = CatchUpQueue<String>()
        let (one, two) = (group(1), group(2))
        queue.add("a", one, after: Sequence(1))
        queue.add("b", one, after: Sequence(1))
        queue.add("c", two, after: Sequence(1))
        queue.remove("a", one, after: Sequence(1))
        queue.remove("c", two, after: Sequence(1))
        queue.remove("d", two, after: Sequence(9))
        #expect(queue.take()?.waiters == ["b"])
        #expect(queue.take() == nil)
    }

    @Test func whoLeftAndComesAgainIsLast() {
        var queue = TurnQueue<Int, String>()
        queue[1] = "one"
        queue[2] = "two"
        queue[1] = nil
        queue[1] = "one again"
        queue[2]? += " changed"
        #expect(queue.popFirst() == "two changed")
        #expect(queue.popFirst() == "one again")
        #expect(queue.popFirst() == nil)
        #expect(queue.isEmpty)
    }

    /// Clients that connect, ask and go, while one reading takes long.
    @Test func thoseWhoLeftTakeNoRoom() {
        var queue = TurnQueue<Int, String>()
        for key in 0..<100 { queue[key] = "stays" }
        var turnsMax = 0
        for key in 100..<10_000 {
            queue[key] = "leaves"
            queue[key] = nil
            turnsMax = max(turnsMax, queue.turnCount)
        }
        #expect(turnsMax <= 2 * 101 + 65)
        for _ in 0..<100 { #expect(queue.popFirst() == "stays") }
        #expect(queue.popFirst() == nil)
    }

    /// What a call holds, as far as a wait is concerned.
    private final class Held: Sendable {
        let count: Counter
        init(_ count: Counter) {
            self.count = count
            count.value.add(1, ordering: .relaxed)
        }
        deinit { count.value.subtract(1, ordering: .relaxed) }
        func touch() {}
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    private struct Gate {
        var isEntered = false
        var isOpen = false
    }

    @Test func aCancelledWaitHoldsNothingAndCostsNothing() {
        let (held, searches) = (Counter(), Counter())
        let gate = Mailbox(Gate())
        let answers = Mailbox([String]())
        let read: CatchUp.Read = { _, position, _ in
            searches.value.add(1, ordering: .relaxed)
            gate.update { $0.isEntered = true }
            _ = gate.wait { $0.isOpen ? true : nil }
            return .portions([FeedPortion(through: position)])
        }
        let catchUp = CatchUp(limits: ServiceLimits(), head: { .zero }, read: read)
        func ask(_ number: UInt64, _ group: FeedGroup) -> FeedWait<FeedReading> {
            let call = Held(held)
            return catchUp.read(group, after: Sequence(number)) { _ in
                call.touch()
                answers.update { $0.append("read \(number)") }
            }
        }
        let group = group(1)
        let running = ask(0, group)
        _ = gate.wait { $0.isEntered ? true : nil }
        let waits = (UInt64(1)...1_000).map { ask($0, group) }
        let starts = (0..<1_000).map { number in
            let call = Held(held)
            return catchUp.look { () -> Result<Sequence, ServiceError> in
                searches.value.add(1, ordering: .relaxed)
                return .success(.zero)
            } done: { _ in
                call.touch()
                answers.update { $0.append("start \(number)") }
            }
        }
        #expect(held.value.load(ordering: .relaxed) == 2_001)
        running.cancel()
        for wait in waits.dropLast() { wait.cancel() }
        for start in starts.dropLast() { start.cancel() }
        #expect(
            held.value.load(ordering: .relaxed) == 2, "those that still wait, and no other")
        gate.update { $0.isOpen = true }
        let answered = answers.wait { $0.count >= 2 ? $0 : nil }
        catchUp.stop()
        #expect(Set(answered) == ["read 1000", "start 999"])
        #expect(searches.value.load(ordering: .relaxed) == 3)
        #expect(answers.update { $0.count } == 2)
    }

    @Test func aStartThatIsCancelledInTheMidstOfItsTurnIsNotLookedFor() {
        let gate = Mailbox(Gate())
        let searches = Counter()
        let catchUp = CatchUp(
            limits: ServiceLimits(), head: { .zero },
            read: { _, position, _ in .portions([FeedPortion(through: position)]) })
        // The turn that follows takes all that came meanwhile.
        let busy = { @Sendable () -> Result<Sequence, ServiceError> in
            gate.update { $0.isEntered = true }
            _ = gate.wait { $0.isOpen ? true : nil }
            return .success(.zero)
        }
        _ = catchUp.look(busy, done: { _ in })
        _ = gate.wait { $0.isEntered ? true : nil }
        let later = Mailbox([FeedWait<Result<Sequence, ServiceError>>]())
        _ = catchUp.look { () -> Result<Sequence, ServiceError> in
            searches.value.add(1, ordering: .relaxed)
            for wait in later.update({ $0 }) { wait.cancel() }
            return .success(.zero)
        } done: { _ in
        }
        let waits = (0..<10).map { _ in
            catchUp.look { () -> Result<Sequence, ServiceError> in
                searches.value.add(1, ordering: .relaxed)
                return .success(.zero)
            } done: { _ in
            }
        }
        later.update { $0 = waits }
        let last = Mailbox(false)
        _ = catchUp.look({ 0 }, done: { _ in last.update { $0 = true } })
        gate.update { $0.isOpen = true }
        _ = last.wait { $0 ? true : nil }
        catchUp.stop()
        #expect(searches.value.load(ordering: .relaxed) == 1)
    }

    @Test func whatWaitsAtTheEndIsLetGoOf() {
        let held = Counter()
        let gate = Mailbox(Gate())
        let read: CatchUp.Read = { _, position, _ in
            gate.update { $0.isEntered = true }
            _ = gate.wait { $0.isOpen ? true : nil }
            return .portions([FeedPortion(through: position)])
        }
        let catchUp = CatchUp(limits: ServiceLimits(), head: { .zero }, read: read)
        _ = catchUp.read(group(1), after: .zero) { _ in }
        _ = gate.wait { $0.isEntered ? true : nil }
        for number in UInt64(1)...10 {
            let call = Held(held)
            _ = catchUp.read(group(1), after: Sequence(number)) { _ in call.touch() }
        }
        gate.update { $0.isOpen = true }
        catchUp.stop()
        #expect(held.value.load(ordering: .relaxed) == 0)
    }

    @Test func itRestsWhileEventsAreRecordedAndNotOtherwise() {
        var allowance = CatchUpAllowance(
            share: 0.25, restMax: .milliseconds(90), head: Sequence(10))
        let took = Duration.milliseconds(10)
        #expect(allowance.rest(after: took, head: Sequence(10)) == .zero)
        #expect(allowance.rest(after: took, head: Sequence(11)) == .milliseconds(30))
        #expect(allowance.rest(after: took, head: Sequence(11)) == .zero)
        #expect(allowance.rest(after: .seconds(1), head: Sequence(12)) == .milliseconds(90))
    }
}
