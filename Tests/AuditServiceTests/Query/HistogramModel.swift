import AuditModel
import Codec
import TestSupport

@testable import AuditService

/// Counts by looking at decoded events: what `Histogram` must answer.
struct HistogramModel {
    let start: Timestamp
    let counts: [UInt64]
    let series: [HistogramSeries]
    let others: [UInt64]

    /// - Parameters:
    ///   - events: all that match.
    ///   - limit: of series.
    init(
        _ events: [Event], _ field: FacetField, limit: Int, width: Duration, since: Timestamp,
        until: Timestamp
    ) {
        let width = width.components.seconds
        func number(_ seconds: Int64) -> Int64 {
            // Rounded down.
            (seconds - (seconds % width + width) % width) / width
        }
        let first = number(since.seconds)
        start = Timestamp(seconds: first * width, nanoseconds: 0)!
        var buckets: [[Event]] = []
        var next = start
        while next < until, since < until {
            buckets.append([])
            next = next.advanced(by: .seconds(width))
        }
        for event in events {
            buckets[Int(number(event.occurredAt!.seconds) - first)].append(event)
        }
        let counts = buckets.map { UInt64($0.count) }
        self.counts = counts
        guard field != .unspecified else {
            series = []
            others = []
            return
        }
        let models = buckets.map { FacetModel($0, field) }
        let series = FacetModel(events, field).top(limit).facets.map { facet in
            let key = FacetModel.Key(type: facet.type, value: facet.value)
            return HistogramSeries(
                value: facet.value, type: facet.type,
                counts: models.map { $0.counts[key, default: 0] })
        }
        self.series = series
        let others = counts.indices.map { bucket in
            counts[bucket] - series.reduce(0) { $0 + $1.counts[bucket] }
        }
        self.others = others.contains { $0 > 0 } ? others : []
    }

    /// Whether an answer says this.
    func agrees(with answer: HistogramResponse) -> Bool {
        answer.start == start && answer.counts == counts && answer.series == series
            && answer.otherCounts == others && answer.totalCount == counts.reduce(0, +)
    }
}

extension SearchStore {
    /// What a request must be answered with, of all that is stored.
    ///
    /// - Parameter width: that of the answer.
    func histogram(
        _ request: HistogramRequest, width: Duration, now: Timestamp
    ) throws -> HistogramModel {
        var filter = request.filter
        let until = filter.until ?? now
        filter.until = until
        var wide = filter
        wide.text = ""
        let oldest = try matches(wide, request.organizationID).compactMap(\.occurredAt).min()
        let since = filter.since ?? oldest ?? until
        let limit = request.limit == 0 ? 8 : min(20, Int(request.limit))
        return HistogramModel(
            try matches(filter, request.organizationID), request.splitBy, limit: limit,
            width: width, since: since, until: until)
    }
}
