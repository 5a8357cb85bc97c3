import Synchronization

/// An amount that all connections of a server share: bytes, or calls.
///
/// Each connection may have `guaranteed` of it whatever the others do, so that those who take all that there is shut
/// nobody out; only what it has beyond that is counted. The sum stays below `max` and the guarantees of all
/// connections together.
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

    /// What all holders together have taken beyond their guarantees.
    var used: Int { taken.load(ordering: .relaxed) }

    /// False when there is not so much left.
    func take(_ amount: Int) -> Bool {
        let (_, now) = taken.add(amount, ordering: .relaxed)
        if now <= max { return true }
        taken.subtract(amount, ordering: .relaxed)
        return false
    }

    func giveBack(_ amount: Int) {
        taken.subtract(amount, ordering: .relaxed)
    }
}

/// What one connection has of a budget. Beyond its guarantee it takes in grains and keeps one in hand, so that the
/// shared number is touched seldom; when it has become quiet, all of that goes back.
struct BudgetShare: ~Copyable {
    let budget: SharedBudget?
    private let grain: Int
    /// What may be in hand beyond what is used.
    private let slack: Int
    private let guaranteed: Int
    /// What it has: up to here nobody need be asked.
    private(set) var held: Int

    /// - Parameter budget: nil has no end.
    init(of budget: SharedBudget?, grain: Int) {
        self.budget = budget
        self.grain = grain
        slack = budget == nil ? .max : 2 * grain
        guaranteed = budget?.guaranteed ?? .max
        held = guaranteed
    }

    /// Makes the share at least `amount`, and gives back what is far above it. False when there is not so much.
    @inline(__always)
    mutating func cover(_ amount: Int) -> Bool {
        if amount <= held, held == guaranteed || held - amount < slack && amount > guaranteed / 2 {
            return true
        }
        return adjust(to: amount)
    }

    private mutating func adjust(to amount: Int) -> Bool {
        guard let budget else { return true }
        // Half of the guarantee, so that who is about at it does not take and give back all the time.
        let whole =
            amount <= guaranteed / 2
            ? guaranteed : max(guaranteed, (amount / grain + 1) * grain)
        if amount <= held {
            if whole < held { budget.giveBack(held - whole) }
            held = min(held, whole)
            return true
        }
        for wanted in [whole, amount] where budget.take(wanted - held) {
            held = wanted
            return true
        }
        return false
    }

    deinit {
        if let budget, held > guaranteed { budget.giveBack(held - guaranteed) }
    }
}
