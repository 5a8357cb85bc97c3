package import AuditModel

/// Equal spans of time, one after another, each of which begins at a multiple of the width since the
/// epoch.
package struct BucketGrid: Hashable, Sendable {
    /// Of one bucket, in nanoseconds.
    package let width: Int64
    /// How many buckets there are.
    package let count: Int
    /// The first one's distance from the epoch, in widths. Its start may be before what a `Timestamp` can say.
    private let first: Int64

    /// The buckets that hold any of the times from `since` up to `until`; none when there are no such
    /// times.
    ///
    /// - Parameter width: more than nothing, and such that there are no more than `Limits.bucketsMax`.
    package init(since: Timestamp, until: Timestamp, width: Duration) {
        self.width = width.nanosecondsSaturating
        first = BucketGrid.place(of: since.nanosecondsSinceEpoch, self.width)
        count = BucketGrid.count(since: since, until: until, width: width)
        precondition(count <= Limits.bucketsMax, "who asks for buckets counts them before")
    }

    /// How many buckets of the width that would be; saturates.
    package static func count(since: Timestamp, until: Timestamp, width: Duration) -> Int {
        guard since < until else { return 0 }
        let width = width.nanosecondsSaturating
        // Exclusive: `until` itself is in no bucket.
        let last = place(of: until.nanosecondsSinceEpoch - 1, width)
        let (distance, overflow) = last.subtractingReportingOverflow(
            place(of: since.nanosecondsSinceEpoch, width))
        return overflow ? .max : Int(distance) + (distance < .max ? 1 : 0)
    }

    /// When the first bucket begins; saturates.
    package var start: Timestamp {
        let (nanoseconds, overflow) = first.multipliedReportingOverflow(by: width)
        return Timestamp(nanosecondsSinceEpoch: overflow ? .min : nanoseconds)
    }

    /// The number of the bucket in which a time is; nil when it is in none.
    package func bucket(of time: Timestamp) -> Int? {
        let number = BucketGrid.place(of: time.nanosecondsSinceEpoch, width) - first
        return number >= 0 && number < count ? Int(number) : nil
    }

    /// The bucket in which both times are, and so all between them.
    func bucket(of times: ClosedRange<Timestamp>) -> Int? {
        guard let bucket = bucket(of: times.lowerBound), bucket == self.bucket(of: times.upperBound)
        else { return nil }
        return bucket
    }

    /// Divides and rounds down.
    private static func place(of time: Int64, _ width: Int64) -> Int64 {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: width)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// Finds the buckets of many times of which each is near the one before: it divides only when another
/// bucket begins.
struct BucketFinder {
    private let grid: BucketGrid
    private var bucket: UInt16
    /// The times of the bucket that was found last, in nanoseconds; empty at first.
    private var times: Range<Int64> = 0..<0

    init(_ grid: BucketGrid) {
        self.grid = grid
        bucket = RowBuckets.none(of: grid)
    }

    /// `grid.count` for a time in no bucket.
    @inline(__always)
    mutating func find(_ time: Int64) -> UInt16 {
        if time < times.upperBound, time >= times.lowerBound { return bucket }
        return findAnew(time)
    }

    private mutating func findAnew(_ time: Int64) -> UInt16 {
        guard let number = grid.bucket(of: Timestamp(nanosecondsSinceEpoch: time)) else {
            return RowBuckets.none(of: grid)
        }
        let remainder = time % grid.width
        let (start, overflow) = time.subtractingReportingOverflow(
            remainder < 0 ? remainder + grid.width : remainder)
        let (end, overflowed) = start.addingReportingOverflow(grid.width)
        bucket = UInt16(number)
        times = overflow || overflowed ? time..<time : start..<end
        return bucket
    }
}
