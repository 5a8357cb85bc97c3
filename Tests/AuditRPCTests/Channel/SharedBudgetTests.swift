import Testing

@testable import AuditRPC

@Suite struct SharedBudgetTests {
    @Test func aShareTakesGrainsBeyondItsGuarantee() {
        let budget = SharedBudget(max: 1_000, holdersMax: 10)
        do {
            var share = BudgetShare(of: budget, grain: 10)
            check(share.cover(1) && share.cover(100))
            check(budget.used == 0)
            check(share.cover(101))
            check(budget.used == 10)
            // Within the grain nobody is asked; one grain stays in hand.
            check(share.cover(110) && share.cover(95))
            check(budget.used == 10)
            check(share.cover(195))
            check(budget.used == 100)
        }
        check(budget.used == 0)
    }

    @Test func whoeverHasBecomeQuietHoldsNothing() {
        let budget = SharedBudget(max: 1_000, holdersMax: 10)
        var share = BudgetShare(of: budget, grain: 1_000)
        check(share.cover(101))
        check(budget.used == 900)
        check(share.cover(51))
        check(budget.used == 900)
        check(share.cover(50))
        check(budget.used == 0)
    }

    @Test func whoeverTakesAllShutsNobodyOut() {
        let budget = SharedBudget(max: 1_000, holdersMax: 10)
        var greedy = BudgetShare(of: budget, grain: 10)
        check(greedy.cover(1_100))
        check(!greedy.cover(1_101))
        var modest = BudgetShare(of: budget, grain: 10)
        // A tenth is everybody's, and not more while the rest is taken.
        check(modest.cover(100))
        check(!modest.cover(101))
        check(modest.held == 100)
        check(budget.used == 1_000)
        check(greedy.cover(5))
        check(modest.cover(101))
    }

    @Test func theSumIsBoundedWhateverHappens() {
        let budget = SharedBudget(max: 1_000, holdersMax: 10)
        var shares: [Holder] = []
        for _ in 0..<10 { shares.append(Holder(budget)) }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let holder = shares.randomElement(using: &generator)!
            holder.want(Int.random(in: 0...600, using: &generator))
            check(budget.used <= 1_000)
            check(budget.used == shares.reduce(0) { $0 + $1.held - budget.guaranteed })
        }
        shares = []
        check(budget.used == 0)
    }

    @Test func aShareOfNothingHasNoEnd() {
        var share = BudgetShare(of: nil, grain: 10)
        check(share.cover(.max / 2))
        check(share.cover(0))
    }

    private final class Holder {
        private var share: BudgetShare

        init(_ budget: SharedBudget) {
            share = BudgetShare(of: budget, grain: 16)
        }

        var held: Int { share.held }
        func want(_ amount: Int) { _ = share.cover(amount) }
    }
}

@Suite struct WaitingBytesTests {
    @Test func windowIsWithheldWhilePausedCallsHoldTooMuch() {
        var waiting = WaitingBytes(bufferedBytesMax: 100, budget: nil)
        check(waiting.windowFor(arrived: 60) == 60)
        check(waiting.changeBuffered(by: 60, paused: 60) == 0)
        check(waiting.windowFor(arrived: 30) == 0)
        check(waiting.changeBuffered(by: 30, paused: 30) == 0)
        check(waiting.changeBuffered(by: -39, paused: -39) == 0)
        check(waiting.changeBuffered(by: -1, paused: -1) == 30)
        check(waiting.changeBuffered(by: -50, paused: -50) == 0)
        check(waiting.buffered == 0)
    }

    @Test func eachLimitIsTold() {
        // Two grains for everybody, and five that are shared.
        let budget = SharedBudget(max: 80 << 10, holdersMax: 5)
        var first = WaitingBytes(bufferedBytesMax: 50_000, budget: budget)
        _ = first.changeBuffered(by: 50_000, paused: 0)
        check(!first.isOverLimit)
        _ = first.changeBuffered(by: 1, paused: 0)
        check(first.isOverLimit && !first.isOverShare)
        var second = WaitingBytes(bufferedBytesMax: 50_000, budget: budget)
        check(second.hasRoom(forAnswer: 40_000, queuedBytesMax: 45_000))
        second.changeQueued(by: 40_000)
        check(!second.hasRoom(forAnswer: 6_000, queuedBytesMax: 45_000))
        // One message is taken whatever its size, but not when the whole server has no room.
        var third = WaitingBytes(bufferedBytesMax: 500_000, budget: budget)
        check(!third.hasRoom(forAnswer: 60_000, queuedBytesMax: 10))
        check(third.hasRoom(forAnswer: 16_000, queuedBytesMax: 10))
        _ = third.changeBuffered(by: 60_000, paused: 0)
        check(third.isOverShare && third.isOverLimit)
        _ = third.changeBuffered(by: -50_000, paused: 0)
        check(!third.isOverLimit)
    }

    @Test func whatAwaitsThePeerIsKnown() {
        var waiting = WaitingBytes(bufferedBytesMax: 100, budget: nil)
        check(!waiting.awaitsPeer)
        // Paused bytes wait for this side.
        _ = waiting.changeBuffered(by: 10, paused: 10)
        check(!waiting.awaitsPeer)
        _ = waiting.changeBuffered(by: 1, paused: 0)
        check(waiting.awaitsPeer)
        _ = waiting.changeBuffered(by: -1, paused: 0)
        waiting.changeQueued(by: 1)
        check(waiting.awaitsPeer)
        check(waiting.changes == 4)
    }
}
