import AuditModel
import Codec
import EventStore

/// Counts the values of one field in each bucket of time, newest events first, in bounded memory.
struct HistogramTally {
    private var values: FacetTally
    /// How often a value was counted in a bucket, where it was: by `cell`.
    private var cells: [Int: UInt64] = [:]
    private var cellsSinceMark: [Int: UInt64] = [:]
    private let buckets: Int
    private let cellsMax: Int

    init(buckets: Int, limits: ServiceLimits) {
        self.buckets = buckets
        cellsMax = limits.histogramCellsMax
        values = FacetTally(valuesMax: limits.facetValuesMax, bytesMax: limits.facetBytesMax)
    }

    /// Whether more can be counted: whatever one event has, or one value in one part.
    var hasRoom: Bool { values.hasRoom && cells.count + cellsSinceMark.count < cellsMax }

    /// Counts a value of an event.
    mutating func count(_ term: IndexTerms.Term, of event: Sequence, in bucket: Int) {
        guard let value = values.count(term, of: event) else { return }
        cellsSinceMark[cell(value, bucket), default: 0] += 1
    }

    /// Counts a value of an organization's events in a part.
    ///
    /// - Parameter used: the buckets that `found` counts.
    mutating func count(
        _ found: ValueBuckets, in used: Range<Int>, part: Int, organization: [UInt8]
    ) {
        let value = values.count(
            found.counts.reduce(0, +), type: found.qualifier, value: found.value, part: part,
            organization: organization)
        for (bucket, count) in zip(used, found.counts) where count > 0 {
            cellsSinceMark[cell(value, bucket), default: 0] += UInt64(count)
        }
    }

    /// From here on `rollBack` takes back what parts counted.
    mutating func mark() {
        values.mark()
        cells.merge(cellsSinceMark, uniquingKeysWith: +)
        cellsSinceMark.removeAll(keepingCapacity: true)
    }

    mutating func rollBack() {
        values.rollBack()
        cellsSinceMark.removeAll(keepingCapacity: true)
    }

    /// The most frequent values, then by value.
    func top(_ wanted: Int) -> [HistogramSeries] {
        values.top(wanted).values.map { value in
            HistogramSeries(
                value: String(decoding: value.value, as: UTF8.self),
                type: String(decoding: value.type, as: UTF8.self),
                counts: (0..<buckets).map { bucket in
                    let cell = cell(value.number, bucket)
                    return cells[cell, default: 0] + cellsSinceMark[cell, default: 0]
                })
        }
    }

    private func cell(_ value: Int, _ bucket: Int) -> Int { value * buckets + bucket }
}
