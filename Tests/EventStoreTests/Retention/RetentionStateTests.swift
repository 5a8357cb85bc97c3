import AuditModel
import Testing

@testable import EventStore

@Suite("What retention shows, by organization")
struct RetentionStateTests {
    private static let ownAges: [[UInt8]: Duration?] = [
        Array("short".utf8): Duration.seconds(3), Array("ever".utf8): Duration?.none,
    ]
    private let plan = CompiledRetention(
        RetentionRules(standard: .seconds(30), ages: ownAges, holds: [Array("held".utf8)]))

    @Test("each age has one floor, and what is held or kept for ever has the lowest")
    func floors() {
        var state = RetentionState(plan, oldest: Sequence(1), recordedAt: second(0))
        #expect(state.due(at: second(3)) == [])
        let due = state.due(at: second(10))
        #expect(due.map(\.cutoff) == [second(7)])
        state.hide(due[0], below: Sequence(8), recordedAt: second(7))
        #expect(floor("short", state) == 8)
        #expect(floor("other", state) == 1)
        #expect(floor("ever", state) == 1)
        #expect(floor("held", state) == 1)
        #expect(state.due(at: second(10)) == [])
        #expect(state.visibility.lowestFloor == Sequence(1))
        #expect(state.visibility.highestFloor == Sequence(8))
    }

    @Test("a floor never goes back, and replaced rules have no say")
    func neverBack() throws {
        var state = RetentionState(plan, oldest: Sequence(1), recordedAt: second(0))
        let due = try #require(state.due(at: second(10)).first)
        state.hide(due, below: Sequence(8), recordedAt: second(7))
        state.hide(due, below: Sequence(5), recordedAt: second(4))
        #expect(floor("short", state) == 8)
        var replaced = RetentionState(
            CompiledRetention(RetentionRules()), oldest: Sequence(1), recordedAt: second(0))
        replaced.hide(due, below: Sequence(8), recordedAt: second(7))
        #expect(floor("short", replaced) == 1)
    }

    @Test("a floor behind the last event waits for the next one")
    func waitsForTheNext() throws {
        var state = RetentionState(plan, oldest: Sequence(1), recordedAt: second(0))
        let due = try #require(state.due(at: second(10)).first)
        state.hide(due, below: Sequence(4), recordedAt: nil)
        #expect(state.due(at: second(20)) == [])
        state.appended(recordedAt: second(20))
        #expect(state.due(at: second(24)).map(\.cutoff) == [second(21)])
    }

    @Test("what is gone from the disk is below every floor")
    func removed() {
        var state = RetentionState(plan, oldest: Sequence(1), recordedAt: second(0))
        state.removed(through: Sequence(9))
        #expect(floor("held", state) == 10)
        #expect(state.visibility.lowestFloor == Sequence(10))
    }

    @Test("an organization's age: its own, the standard one, none under legal hold")
    func ages() {
        let rules = plan.rules
        #expect(rules.age(of: Array("short".utf8)) == .seconds(3))
        #expect(rules.age(of: Array("other".utf8)) == .seconds(30))
        #expect(rules.age(of: Array("held".utf8)) == nil)
        #expect(plan.ages == [.seconds(3), .seconds(30), nil, nil])
        #expect(plan.heldIndex == 3)
        #expect(plan.longest == nil)
    }

    private func floor(_ organization: String, _ state: RetentionState) -> Int {
        Int(state.visibility.floor(of: Array(organization.utf8)).rawValue)
    }
}
