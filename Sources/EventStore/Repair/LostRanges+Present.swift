import AuditModel

extension LostRanges {
    /// Without the events that are in `parts`, which somebody may have put back, and without sequences above
    /// the head, which were not given out: a repair that did not come to its end may have named them.
    ///
    /// Reads an index of each segment that is named. A segment of which it cannot be read stays named.
    func without(_ parts: [StorePart]) -> LostRanges {
        guard !isEmpty, let head = parts.last?.lastSequence else { return self }
        var left = subtracting([SequenceRange(first: head.next, last: Sequence(.max))])
        for part in parts where part.events > 0 {
            let range = SequenceRange(first: part.firstSequence, last: part.lastSequence)
            let named = left.overlapping(range)
            guard !named.isEmpty else { continue }
            guard let present = try? part.present(in: named) else { continue }
            let rest = left.subtracting(present)
            // Rather named too much than more places than the file may have.
            if rest.ranges.count <= Limits.lostRangesMax { left = rest }
        }
        return left
    }

    /// - Parameter others: in order and without overlap.
    private func subtracting(_ others: [SequenceRange]) -> LostRanges {
        var left: [SequenceRange] = []
        var next = others.startIndex
        for range in ranges {
            var first = range.first
            while next < others.endIndex, others[next].last < first { next += 1 }
            var other = next
            while other < others.endIndex, others[other].first <= range.last, first <= range.last {
                if others[other].first > first {
                    left.append(SequenceRange(first: first, last: others[other].first.previous))
                }
                guard others[other].last < range.last else {
                    first = range.last.next
                    break
                }
                first = others[other].last.next
                other += 1
            }
            if first <= range.last { left.append(SequenceRange(first: first, last: range.last)) }
        }
        return LostRanges(left)
    }
}

extension StorePart {
    /// Runs of events that are there, within ranges of the part. Throws `damaged` or `inputOutput`.
    fileprivate func present(in ranges: [SequenceRange]) throws(StoreError) -> [SequenceRange] {
        guard let segment else { return ranges }
        let rows = try segment.rows()
        var runs: [SequenceRange] = []
        for range in ranges {
            guard let first = segment.row(of: range.first), let last = segment.row(of: range.last)
            else { continue }
            var walk = rows.walk(from: first)
            while let row = walk.next(), row <= last {
                let sequence = segment.sequence(of: row)
                if let end = runs.last?.last, end.next == sequence {
                    runs[runs.count - 1].last = sequence
                } else {
                    guard runs.count <= Limits.lostRangesMax else { return runs }
                    runs.append(SequenceRange(first: sequence, last: sequence))
                }
            }
        }
        return runs
    }
}
