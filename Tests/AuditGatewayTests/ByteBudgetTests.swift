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

    @Test func answersThatWaitAreBounded() throws {
        let budgets = GatewayBudgets()
        let large = GatewayLimits.answersBytesMax / 4
        var held = try (0..<4).map { _ in try budgets.hold(answer: large) }
        let error = #expect(throws: GatewayError.self) {
            try budgets.hold(answer: GatewayLimits.smallAnswerBytesMax + 1)
        }
        #expect(error?.httpStatus == 429)
        #expect(error?.retryAfter == 1)
        // A small one needs no room.
        #expect(try budgets.hold(answer: GatewayLimits.smallAnswerBytesMax) == nil)
        held.removeLast()
        #expect(try budgets.hold(answer: large) != nil)
    }
}
