import AuditModel
import EventStore
import TestSupport
import Testing

struct BucketGridTests {
    private func time(_ seconds: Int64, _ nanoseconds: Int32 = 0) -> Timestamp {
        Timestamp(seconds: seconds, nanoseconds: nanoseconds)!
    }

    @Test func bucketsBeginAtMultiplesOfTheWidth() {
        let grid = BucketGrid(since: time(95), until: time(121), width: .seconds(10))
        #expect(grid.start == time(90) && grid.count == 4)
        #expect(grid.bucket(of: time(90)) == 0 && grid.bucket(of: time(99, 999_999_999)) == 0)
        #expect(grid.bucket(of: time(100)) == 1 && grid.bucket(of: time(129)) == 3)
        #expect(grid.bucket(of: time(89, 999_999_999)) == nil && grid.bucket(of: time(130)) == nil)
    }

    @Test func anEndIsNotInARange() {
        let until = time(120)
        #expect(BucketGrid(since: time(90), until: until, width: .seconds(10)).count == 3)
        #expect(BucketGrid(since: time(119), until: until, width: .seconds(10)).count == 1)
        #expect(BucketGrid(since: until, until: until, width: .seconds(10)).count == 0)
        #expect(BucketGrid(since: time(130), until: until, width: .seconds(10)).count == 0)
    }

    @Test func whatWasBeforeTheEpochIsRoundedDown() {
        let grid = BucketGrid(since: time(-15), until: time(1), width: .seconds(10))
        #expect(grid.start == time(-20) && grid.count == 3)
        #expect(grid.bucket(of: time(-20)) == 0 && grid.bucket(of: time(-10)) == 1)
        #expect(grid.bucket(of: time(-1, 999_999_999)) == 1 && grid.bucket(of: time(0)) == 2)
    }

    @Test func theEndsOfTimeAreInBucketsToo() {
        let (least, greatest) = (
            Timestamp(nanosecondsSinceEpoch: .min), Timestamp(nanosecondsSinceEpoch: .max)
        )
        let grid = BucketGrid(since: least, until: greatest, width: .seconds(36_500 * 86_400))
        #expect(grid.start == least && grid.count <= 7)
        #expect(grid.bucket(of: least) == 0)
        #expect(
            BucketGrid.count(since: least, until: greatest, width: .nanoseconds(1)) == Int.max)
    }
}
