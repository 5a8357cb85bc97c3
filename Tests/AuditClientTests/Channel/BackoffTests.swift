import Testing

@testable import AuditClient

struct BackoffTests {
    @Test func eachPauseIsLongerThanTheOneBeforeUpToTheLongest() {
        let backoff = Backoff(
            pauseMin: .milliseconds(100), pauseMax: .seconds(1), multiplier: 2, jitter: 0)
        let pauses = (1...6).map { backoff.pause(after: $0, random: 0) }
        #expect(
            pauses == [100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
    }

    @Test func chanceSpreadsAPauseToBothSides() {
        let backoff = Backoff(pauseMin: .seconds(10), pauseMax: .seconds(10), jitter: 0.25)
        #expect(backoff.pause(after: 3, random: 0) == .milliseconds(7_500))
        #expect(backoff.pause(after: 3, random: 0.5) == .seconds(10))
        #expect(backoff.pause(after: 3, random: 1) == .milliseconds(12_500))
    }

    @Test func aThousandFailuresAreNoTrouble() {
        #expect(Backoff.reconnect.pause(after: 1_000_000, random: 0.5) == .seconds(120))
    }
}
