/// In which bucket each of some rows of an index happened: worked out once, then asked for each value of a
/// field.
package struct RowBuckets: Sendable {
    /// Of the rows, one number for each bucket.
    package private(set) var counts: [Int]
    /// The buckets from the first to the last that have any of the rows.
    package private(set) var used: Range<Int>
    /// By row, for rows in more than one bucket; `none` for what is not among the rows, which what lies behind the
    /// end is not either. Nil when all of them are in the only bucket that is used.
    private(set) var numbers: [UInt16]?

    /// So many rows in one bucket.
    init(_ count: Int, in bucket: Int, of grid: BucketGrid) {
        counts = [Int](repeating: 0, count: grid.count)
        counts[bucket] = count
        used = bucket..<bucket + 1
    }

    /// - Parameters:
    ///   - rowEnd: one behind the last row.
    ///   - fill: gives rows that are in a bucket its number.
    init(
        below rowEnd: Int, of grid: BucketGrid,
        _ fill: (inout [UInt16]) throws(StoreError) -> Void
    ) throws(StoreError) {
        var numbers = [UInt16](repeating: RowBuckets.none(of: grid), count: rowEnd)
        try fill(&numbers)
        var counts = [Int](repeating: 0, count: grid.count + 1)
        for number in numbers { counts[Int(number)] += 1 }
        counts.removeLast()
        self.numbers = numbers
        self.counts = counts
        let first = counts.firstIndex { $0 > 0 } ?? 0
        let last = counts.lastIndex { $0 > 0 } ?? -1
        used = first..<last + 1
    }

    /// What stands for no bucket.
    static func none(of grid: BucketGrid) -> UInt16 { UInt16(grid.count) }
}

/// A value of a field and how many rows have it in each bucket. Valid only inside the call that it is
/// passed to.
package struct ValueBuckets {
    package var value: UnsafeRawBufferPointer
    /// Empty where the field has none.
    package var qualifier: UnsafeRawBufferPointer
    /// Of the buckets in `RowBuckets.used`.
    package var counts: UnsafeBufferPointer<Int>
}

extension ValueCount {
    /// The same of rows that lie in one bucket.
    func inOneBucket(_ body: (ValueBuckets) -> Bool) -> Bool {
        withUnsafePointer(to: count) { count in
            body(
                ValueBuckets(
                    value: value, qualifier: qualifier,
                    counts: UnsafeBufferPointer(start: count, count: 1)))
        }
    }
}

/// Counts the rows of one value after another.
struct BucketCounter {
    private let numbers: [UInt16]
    private let used: Range<Int>
    /// Those of no bucket are counted behind the last bucket.
    private var counts: [Int]

    /// - Parameter numbers: those of the buckets.
    init(_ buckets: RowBuckets, _ numbers: [UInt16]) {
        self.numbers = numbers
        used = buckets.used
        counts = [Int](repeating: 0, count: buckets.counts.count + 1)
    }

    @inline(__always)
    mutating func add(_ row: Row) {
        // A log's index may have grown since.
        guard Int(row) < numbers.count else { return }
        counts[Int(numbers[Int(row)])] &+= 1
    }

    /// Calls `body` when there was any of the rows, and begins anew.
    mutating func finish(
        _ value: UnsafeRawBufferPointer, _ qualifier: UnsafeRawBufferPointer,
        _ body: (ValueBuckets) -> Bool
    ) -> Bool {
        let used = used
        return counts.withUnsafeMutableBufferPointer { counts in
            let found = counts[used]
            defer { for bucket in used { counts[bucket] = 0 } }
            guard found.contains(where: { $0 > 0 }) else { return true }
            return body(
                ValueBuckets(
                    value: value, qualifier: qualifier,
                    counts: UnsafeBufferPointer(rebasing: found)))
        }
    }
}
