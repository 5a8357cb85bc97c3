import Testing

@testable import Access

@Suite("A token bucket")
struct TokenBucketTests {
    private let start = Duration.seconds(1_000)

    private func after(_ seconds: Double) -> Duration { start + .seconds(seconds) }

    @Test("a burst passes at once, and what is behind it at the rate")
    func aBurstPassesAtOnceAndWhatIsBehindItAtTheRate() {
        var bucket = TokenBucket(.perSecond(10), burst: 100, at: start)
        #expect(bucket.wait(for: 100, at: start) == .zero)
        bucket.take(100, at: start)
        #expect(bucket.wait(for: 1, at: start) == .milliseconds(100))
        #expect(bucket.wait(for: 25, at: start) == .milliseconds(2_500))
        #expect(bucket.wait(for: 25, at: after(2)) == .milliseconds(500))
        #expect(bucket.wait(for: 100, at: after(10)) == .zero)
        #expect(bucket.isFull(at: after(10)))
        #expect(bucket.wait(for: 100, at: after(1_000_000)) == .zero, "never more than a burst")
    }

    @Test("what waited as long as it was told passes, at any rate")
    func whatWaitedAsLongAsItWasToldPasses() {
        for rate in [TokenBucket.Rate.perSecond(3), .perSecond(7_919), .perDay(1), .perDay(.max)] {
            var bucket = TokenBucket(rate, burst: 50, at: start)
            bucket.take(50, at: start)
            for amount in [1, 7, 50] {
                let wait = bucket.wait(for: amount, at: start)
                #expect(wait > .zero)
                #expect(bucket.wait(for: amount, at: start + wait) == .zero)
                #expect(bucket.wait(for: amount, at: start + wait - .nanoseconds(1)) > .zero)
            }
        }
    }

    @Test("more than a burst passes when the bucket is full, and is paid for afterwards")
    func moreThanABurstPassesWhenTheBucketIsFull() {
        var bucket = TokenBucket(.perSecond(10), burst: 10, at: start)
        bucket.take(1, at: start)
        #expect(bucket.wait(for: 35, at: start) == .milliseconds(100), "until it is full")
        bucket.take(35, at: after(0.1))
        #expect(bucket.wait(for: 1, at: after(0.1)) == .milliseconds(2_600))
    }

    @Test("what was given back is there again, and never more than a burst")
    func whatWasGivenBackIsThereAgain() {
        var bucket = TokenBucket(.perSecond(1), burst: 10, at: start)
        bucket.take(8, at: start)
        bucket.giveBack(5)
        #expect(bucket.wait(for: 7, at: start) == .zero)
        #expect(bucket.wait(for: 8, at: start) == .seconds(1))
        bucket.giveBack(100)
        #expect(bucket.isFull(at: start))
        bucket.take(10, at: start)
        #expect(bucket.wait(for: 1, at: start) == .seconds(1))
    }

    @Test("another rate keeps what was taken")
    func anotherRateKeepsWhatWasTaken() {
        var bucket = TokenBucket(.perSecond(10), burst: 100, at: start)
        bucket.take(90, at: start)
        bucket.change(to: .perSecond(10), burst: 100, at: start)
        #expect(bucket.wait(for: 10, at: start) == .zero)
        #expect(bucket.wait(for: 11, at: start) == .milliseconds(100))
        bucket.change(to: .perSecond(20), burst: 200, at: start)
        #expect(bucket.wait(for: 110, at: start) == .zero, "a larger burst is there at once")
        #expect(bucket.wait(for: 111, at: start) == .milliseconds(50))
        bucket.change(to: .perSecond(1), burst: 5, at: start)
        #expect(bucket.isFull(at: start), "never more than a burst")
    }

    @Test("a clock that stands still or steps back fills nothing")
    func aClockThatStepsBackFillsNothing() {
        var bucket = TokenBucket(.perSecond(10), burst: 10, at: start)
        bucket.take(10, at: start)
        #expect(bucket.wait(for: 1, at: start - .seconds(5)) == .milliseconds(100))
    }
}
