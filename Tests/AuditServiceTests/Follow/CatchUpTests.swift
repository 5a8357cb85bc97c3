import AuditModel
import Codec
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
