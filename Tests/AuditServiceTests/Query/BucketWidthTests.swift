import AuditModel
import Codec
import EventStore
import Foundation
import TestSupport
import Testing

@testable import AuditService

struct BucketWidthTests {
    private let end = Timestamp(seconds: 1_700_000_000, nanoseconds: 0)!

    private func width(_ seconds: Int64, _ wanted: Int) -> Int64 {
        BucketWidth.chosen(
            since: end.advanced(by: .seconds(-seconds)), until: end, wanted: wanted, most: 500
        ).components.seconds
    }

    @Test func rangesOfPeopleHaveTheWidthsOfPeople() {
        let (minute, hour, day): (Int64, Int64, Int64) = (60, 3_600, 86_400)
        #expect(width(15 * minute, 60) == 15)
        #expect(width(hour, 60) == minute)
        #expect(width(day, 60) == 30 * minute)
        #expect(width(day, 24) == hour)
        #expect(width(7 * day, 60) == 3 * hour)
        #expect(width(30 * day, 60) == 12 * hour)
        #expect(width(90 * day, 60) == 2 * day)
        #expect(width(365 * day, 60) == 7 * day)
        #expect(width(10, 60) == 1)
        #expect(width(0, 60) == 1)
    }

    /// No two round widths that follow each other are further apart than a factor of four.
    @Test(arguments: 1...8) func aboutAsManyAsWantedAndNeverTooMany(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let wanted = Int.random(in: 1...500, using: &random)
            let seconds = Int64(pow(10, Double.random(in: 0...10.2, using: &random)))
            let until = end.advanced(
                by: .nanoseconds(Int64.random(in: 0...1 << 60, using: &random)))
            let since = until.advanced(by: .seconds(-seconds))
            let width = BucketWidth.chosen(since: since, until: until, wanted: wanted, most: 500)
            let count = BucketGrid.count(since: since, until: until, width: width)
            let context: Comment = "seed \(seed): \(seconds) s, \(wanted) wanted, \(count)"
            #expect(count >= 1 && count <= 500, context)
            // A short range has no more seconds, and one bucket may reach over a multiple of its width.
            #expect(count <= wanted * 3 && count * 4 >= min(wanted, Int(seconds)), context)
        }
    }

    @Test func allOfTimeHasAWidth() {
        let since = Timestamp(nanosecondsSinceEpoch: .min)
        let until = Timestamp(nanosecondsSinceEpoch: .max)
        for wanted in [1, 60, 500] {
            let width = BucketWidth.chosen(since: since, until: until, wanted: wanted, most: 500)
            #expect(BucketGrid.count(since: since, until: until, width: width) <= 500)
        }
    }

    @Test func widthsAreWholeSecondsWithinWhatMayBeAskedFor() {
        #expect(BucketWidth.round == BucketWidth.round.sorted())
        for width in BucketWidth.round {
            let again = HistogramRequest(bucket: width)
            #expect((try? HistogramRequest(decoding: again.encoded())) == again)
        }
    }

    @Test func theAdviceIsTheNarrowestThatIsAllowed() {
        let since = end.advanced(by: .seconds(-3_600))
        #expect(BucketWidth.narrowest(since: since, until: end, most: 500) == .seconds(10))
        #expect(BucketWidth.narrowest(since: since, until: end, most: 10) == .seconds(600))
    }
}
