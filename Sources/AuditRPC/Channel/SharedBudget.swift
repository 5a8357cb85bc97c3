import Synchronization

/// An amount that all connections of a server share: bytes, or calls.
///
/// Each connection may have `guaranteed` of it whatever the others do, so that those who take all that there is shut
/// nobody out. The sum stays below `max` and the guarantees of all connections together.
final class SharedBudget: Sendable {
    private let max: Int
    /// What one holder always gets.
    let guaranteed: Int
    private let taken = Atomic(0)

    /// - Parameter holdersMax: how many may have a part of it at a time.
    init(max: Int, holdersMax: Int) {
        self.max = max
        guaranteed = max / Swift.max(holdersMax, 1)
    }

    /// What is taken by all holders together.
    var used: Int { taken.load(ordering: .relaxed) }

    /// False when there is not so much left for somebody who has `held` already.
    fileprivate func take(_ amount: Int, held: Int) -> Bool {
        let (_, now) = taken.add(amount, ordering: .relaxed)
        if now <= max || held + amount <= guaranteed { return true }
        taken.subtract(amount, ordering: .relaxed)
        return false
    }

    fileprivate func giveBack(_ amount: Int) {
        taken.subtract(amount, ordering: .relaxed)
    }
}

/// What one connection has of a budget. It takes in grains and keeps one in hand, so that the shared number is touched
/// seldom; what is left goes back with the share.
struct BudgetShare: ~Copyable {
    private let budget: SharedBudget?
    private let grain: Int
    /// What may be in hand beyond what is used.
    private let slack: Int
    /// What is taken already: up to here nobody need be asked.
    private(set) var held: Int

    /// - Parameter budget: nil has no end.
    init(of budget: SharedBudget?, grain: Int) {
        self.budget = budget
        self.grain = grain
        slack = budget == nil ? .max : 2 * grain
        held = budget == nil ? .max : 0
    }

    /// Makes the share at least `amount`, and gives back what is far above it. False when there is not so much.
    @inline(__always)
    mutating func cover(_ amount: Int) -> Bool {
        if amount <= held, held - amount < slack { return true }
        return adjust(to: amount)
    }

    private mutating func adjust(to amount: Int) -> Bool {
        guard let budget else { return true }
        let whole = (amount / grain + 1) * grain
        if amount <= held {
            if whole < held { budget.giveBack(held - whole) }
            held = min(held, whole)
            return true
        }
        for wanted in [whole, amount] where budget.take(wanted - held, held: held) {
            held = wanted
            return true
        }
        return false
    }

    deinit {
        if let budget, held > 0 { budget.giveBack(held) }
    }
}
