import Testing

@testable import AuditService

struct UpkeepPlanTests {
    @Test func sweepsFirstAndThenByTheInterval() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        #expect(plan.next() == .sweep)
        #expect(plan.next() == nil)
        for time in 1..<200 {
            plan.tick(uptime: .seconds(time), hasSealable: false)
            #expect(plan.next() == (time % 60 == 0 ? .sweep : nil), "\(time)")
            #expect(plan.next() == nil)
        }
    }

    @Test func sealsUntilNothingIsLeft() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        plan.tick(uptime: .seconds(1), hasSealable: true)
        #expect(plan.next() == .sweep)
        for _ in 0..<3 {
            #expect(plan.next() == .seal)
            plan.finished(.seal, .done)
        }
        #expect(plan.next() == .seal)
        plan.finished(.seal, .nothingToDo)
        #expect(plan.next() == nil)
        plan.tick(uptime: .seconds(2), hasSealable: true)
        #expect(plan.next() == .seal)
    }

    @Test func triesAFailedSealAgainAfterTheInterval() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        plan.tick(uptime: .seconds(1), hasSealable: true)
        #expect(plan.next() == .sweep)
        #expect(plan.next() == .seal)
        plan.finished(.seal, .failed)
        for time in 2..<61 {
            plan.tick(uptime: .seconds(time), hasSealable: true)
            #expect(plan.next() == nil, "\(time)")
        }
        plan.tick(uptime: .seconds(61), hasSealable: true)
        #expect(plan.next() == .sweep)
        #expect(plan.next() == .seal)
    }

    @Test func endsBeforeAnythingElse() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        plan.tick(uptime: .seconds(1), hasSealable: true)
        plan.end()
        #expect(plan.next() == .end)
    }
}
