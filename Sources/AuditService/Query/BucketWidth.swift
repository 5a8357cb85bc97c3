import AuditModel
import EventStore

/// Which widths of buckets are chosen for people: those that they would choose.
enum BucketWidth {
    /// Ascending; the last one makes a handful of buckets of all times there are. Beyond a week they are whole
    /// weeks, since months and years are of no one width.
    static let round: [Duration] = {
        let seconds: [Int64] = [1, 2, 5, 10, 15, 30]
        let hours: [Int64] = [1, 2, 3, 6, 12, 24, 48]
        let weeks: [Int64] = [1, 2, 4, 13, 26, 52, 104, 260, 520, 1_040, 2_600, 5_200]
        return
            (seconds + seconds.map { $0 * 60 } + hours.map { $0 * 3_600 }
            + weeks.map { $0 * 7 * 86_400 }).map { .seconds($0) }
    }()

    /// The round width whose number of buckets is the nearest to `wanted` by ratio, and not above `most`.
    static func chosen(
        since: Timestamp, until: Timestamp, wanted: Int, most: Int
    ) -> Duration {
        var best = (width: round[round.count - 1], distance: Double.infinity)
        for width in round {
            let count = BucketGrid.count(since: since, until: until, width: width)
            guard count <= most else { continue }
            // Without a range all are as good: the narrowest.
            let distance = Double(max(count, wanted)) / Double(max(1, min(count, wanted)))
            if distance < best.distance { best = (width, distance) }
        }
        return best.width
    }

    /// The narrowest round width that makes no more than `most` buckets.
    static func narrowest(since: Timestamp, until: Timestamp, most: Int) -> Duration {
        round.first { BucketGrid.count(since: since, until: until, width: $0) <= most }
            ?? round[round.count - 1]
    }
}
