import Testing

@testable import AuditService

struct UpkeepPlanTests {
    @Test func sweepsFirstAndThenByTheInterval() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        #expect(plan.next() == .sweep)
        #expect(plan.next() == nil)
        for time in 1..<200 {
            plan.tick(uptime: .seconds(time), waiting: [])
            #expect(plan.next() == (time % 60 == 0 ? .sweep : nil), "\(time)")
            #expect(plan.next() == nil)
        }
    }

    @Test func sealsUntilNothingIsLeft() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        plan.tick(uptime: .seconds(1), waiting: [.seal])
        #expect(plan.next() == .sweep)
        for _ in 0..<3 {
            #expect(plan.next() == .seal)
            plan.finished(.seal, .done)
        }
        #expect(plan.next() == .seal)
        plan.finished(.seal, .nothingToDo)
        #expect(plan.next() == nil)
        plan.tick(uptime: .seconds(2), waiting: [.seal])
        #expect(plan.next() == .seal)
    }

    @Test func triesAFailedSealAgainAfterTheInterval() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        plan.tick(uptime: .seconds(1), waiting: [.seal])
        #expect(plan.next() == .sweep)
        #expect(plan.next() == .seal)
        plan.finished(.seal, .failed)
        for time in 2..<61 {
            plan.tick(uptime: .seconds(time), waiting: [.seal])
            #expect(plan.next() == nil, "\(time)")
        }
        plan.tick(uptime: .seconds(61), waiting: [.seal])
        #expect(plan.next() == .sweep)
        #expect(plan.next() == .seal)
    }

    @Test func indexesAnewWhenNothingIsToBeSealed() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        plan.tick(uptime: .seconds(1), waiting: [.seal, .reindex])
        #expect(plan.next() == .sweep)
        #expect(plan.next() == .seal)
        plan.finished(.seal, .failed)
        #expect(plan.next() == .reindex, "one that fails does not hold up the other")
        plan.finished(.reindex, .done)
        #expect(plan.next() == .reindex)
        plan.finished(.reindex, .nothingToDo)
        #expect(plan.next() == nil)
    }

    @Test func sealsBeforeItLetsGoByTheSizeCap() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        plan.tick(uptime: .seconds(1), waiting: [.seal, .drop, .reindex])
        #expect(plan.next() == .sweep)
        #expect(plan.next() == .seal)
        plan.finished(.seal, .nothingToDo)
        #expect(plan.next() == .drop, "what goes need not be indexed anew")
        plan.finished(.drop, .nothingToDo)
        #expect(plan.next() == .reindex)
        // A seal that has no room must not keep the cap from making it.
        plan.tick(uptime: .seconds(2), waiting: [.seal, .drop])
        #expect(plan.next() == .seal)
        plan.finished(.seal, .failed)
        #expect(plan.next() == .drop)
        plan.finished(.drop, .failed)
        plan.tick(uptime: .seconds(3), waiting: [.seal, .drop])
        #expect(plan.next() == nil)
    }

    @Test func endsBeforeAnythingElse() {
        var plan = UpkeepPlan(sweepInterval: .seconds(60))
        plan.tick(uptime: .seconds(1), waiting: [.seal])
        plan.end()
        #expect(plan.next() == .end)
    }
}
