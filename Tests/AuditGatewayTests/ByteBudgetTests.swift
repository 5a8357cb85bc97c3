import Testing

@testable import AuditGateway

struct ByteBudgetTests {
    @Test func whatIsTakenIsGoneUntilItIsLetGo() {
        let budget = ByteBudget(bytesMax: 10)
        var first = budget.take(6)
        #expect(first != nil)
        #expect(budget.take(5) == nil)
        let second = budget.take(4)
        #expect(second != nil)
        #expect(budget.take(1) == nil)
        first = nil
        #expect(budget.take(7) == nil)
        #expect(budget.take(6) != nil)
        withExtendedLifetime(second) {}
    }
}
