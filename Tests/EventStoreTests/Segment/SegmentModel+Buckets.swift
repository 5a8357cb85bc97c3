import AuditModel
import EventStore
import TestSupport

extension SegmentModel {
    /// What an index and this say differently of when events happened, in buckets; nil when nothing.
    func bucketDifference(
        to index: any EventIndex, using generator: inout SeededGenerator
    ) throws -> String? {
        let all = live.map(\.row)
        let some = all.filter { _ in Bool.random(using: &generator) }
        for rows in [all, some, Array(some.prefix(2)), []] {
            let least = rows.map { events[Int($0)]!.occurredAt }.min()
            guard try index.leastOccurred(of: RowSet(rows)) == least else {
                return "the least occurred_at of \(rows.count) rows"
            }
            // All in one bucket, a few, and many that leave some out.
            for width: Int64 in [1_000_000_000_000, 20_000_000, 777_777] {
                let grid = BucketGrid(
                    since: second(0).advanced(by: .milliseconds(width > 1_000_000 ? -100 : -10)),
                    until: second(1), width: .nanoseconds(width))
                if let difference = try difference(to: index, Set(rows), grid) {
                    return "\(difference) of \(rows.count) rows in buckets of \(width)"
                }
            }
        }
        return nil
    }

    private func difference(
        to index: any EventIndex, _ rows: Set<Row>, _ grid: BucketGrid
    ) throws -> String? {
        let buckets = try index.buckets(of: RowSet(Array(rows)), in: grid)
        guard buckets.counts == counts(of: rows, grid) else { return "rows" }
        for organization in organizations + [Array("nobody".utf8)] {
            let all = Set(self.rows { $0.organization == organization })
            let own = all.intersection(rows)
            for field: UInt8 in [1, 2, 4, 31] {
                var found: [ModelEvent.Term: [Int]] = [:]
                try index.visitValues(
                    of: organization, field: field,
                    among: own == all ? nil : RowSet(Array(own)), in: buckets
                ) { value in
                    var counts = [Int](repeating: 0, count: grid.count)
                    for (bucket, count) in zip(buckets.used, value.counts) {
                        counts[bucket] = count
                    }
                    found[
                        ModelEvent.Term(
                            field: field, value: Array(value.value),
                            qualifier: Array(value.qualifier))] = counts
                    return true
                }
                guard found == values(of: own, field, grid) else {
                    return "values of field \(field) of \(organization)"
                }
            }
        }
        return nil
    }

    private func counts(of rows: some Swift.Sequence<Row>, _ grid: BucketGrid) -> [Int] {
        var counts = [Int](repeating: 0, count: grid.count)
        for row in rows {
            if let bucket = grid.bucket(of: events[Int(row)]!.occurredAt) { counts[bucket] += 1 }
        }
        return counts
    }

    private func values(
        of rows: Set<Row>, _ field: UInt8, _ grid: BucketGrid
    ) -> [ModelEvent.Term: [Int]] {
        var rowsOf: [ModelEvent.Term: [Row]] = [:]
        for row in rows {
            for term in Set(events[Int(row)]!.terms) where term.field == field {
                rowsOf[term, default: []].append(row)
            }
        }
        return rowsOf.mapValues { counts(of: $0, grid) }.filter { $0.value.contains { $0 > 0 } }
    }
}
