/// A set of small numbers in ascending order, as bytes: the distances from each to the next, or, when
/// that is shorter, runs.
///
/// The numbers of a term are not rows but ranks among the rows of its organization: 3 in 10 events of
/// an organization that has 1 in 100 of all have distances of 2 bits and not of 9.
enum PostingList {
    enum Form: UInt64 {
        /// For each number its distance from the one before it, less 1.
        case gaps = 0
        /// For each run of consecutive numbers its distance from the end of the run before it, and
        /// its length less 1.
        case runs = 1
    }

    static func append(
        _ numbers: UnsafeMutableBufferPointer<UInt32>, to bytes: inout FlatArray<UInt8>
    ) -> Form {
        var runs = 0
        var next: UInt32 = .max
        for number in numbers {
            if number != next { runs += 1 }
            next = number &+ 1
        }
        return runs * 2 < numbers.count
            ? appendRuns(numbers, to: &bytes) : appendGaps(numbers, to: &bytes)
    }

    private static func appendGaps(
        _ numbers: UnsafeMutableBufferPointer<UInt32>, to bytes: inout FlatArray<UInt8>
    ) -> Form {
        var next: UInt32 = 0
        for number in numbers {
            bytes.append(varint: UInt64(number - next))
            next = number + 1
        }
        return .gaps
    }

    private static func appendRuns(
        _ numbers: UnsafeMutableBufferPointer<UInt32>, to bytes: inout FlatArray<UInt8>
    ) -> Form {
        var end: UInt32 = 0
        var index = 0
        while index < numbers.count {
            let start = numbers[index]
            var next = start
            while index < numbers.count, numbers[index] == next {
                next += 1
                index += 1
            }
            bytes.append(varint: UInt64(start - end))
            bytes.append(varint: UInt64(next - start - 1))
            end = next
        }
        return .runs
    }

    /// Fills `numbers`. False unless the bytes hold just as many, all less than `limit`.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, _ form: Form, below limit: Int,
        into numbers: UnsafeMutableBufferPointer<UInt32>
    ) -> Bool {
        var reader = ByteReader(bytes)
        var next = 0
        var index = 0
        while index < numbers.count {
            next += reader.count()
            let length = form == .runs ? reader.count() + 1 : 1
            guard reader.isValid, next + length <= limit, index + length <= numbers.count else {
                return false
            }
            for _ in 0..<length {
                numbers[index] = UInt32(truncatingIfNeeded: next)
                index += 1
                next += 1
            }
        }
        return reader.isDone
    }
}
