package import AuditModel
package import Codec
package import EventStore

/// How many of the events that match happened in each bucket of time, and by the values of one field:
/// counted from the indexes without looking at events.
package struct HistogramCount {
    let store: EventStore
    let sequences: SequenceBook
    let limits: ServiceLimits

    package init(store: EventStore, sequences: SequenceBook, limits: ServiceLimits) {
        self.store = store
        self.sequences = sequences
        self.limits = limits
    }

    /// - Parameters:
    ///   - bounds: what the caller may see at all; nil for everything.
    ///   - now: where a range without an end ends.
    package func run(
        _ request: HistogramRequest, within bounds: EventFilter? = nil, now: Timestamp,
        _ control: ReadControl
    ) throws(ServiceError) -> HistogramResponse {
        let organization =
            request.organizationID.isEmpty ? nil : Array(request.organizationID.utf8)
        let kept = store.currentBounds(of: organization)
        var filter = request.filter
        let until = filter.until ?? now
        filter.until = until
        if filter.since == nil {
            let oldest = OldestMatch(store: store, bounds: kept, limits: limits, control: control)
            filter.since = try oldest.time(of: filter, within: bounds, organization: organization)
        }
        let since = filter.since ?? until
        filter.since = since
        let width = try width(of: request, since, until)
        let grid = BucketGrid(since: since, until: until, width: width)
        var walk = CountWalk(
            SearchPlan(filter, within: bounds, organization: organization), kept, store: store,
            control: control, limits: limits, to: HistogramCounter(grid, request.splitBy, limits))
        try walk.run()
        let reader = ReaderSequences(store: store, book: sequences, organization: organization)
        let counts = walk.counter.counts
        let series = walk.counter.series(
            request.limit == 0
                ? limits.histogramSeriesDefault
                : min(Int(request.limit), limits.histogramSeriesMax))
        return HistogramResponse(
            start: grid.start, bucket: width, splitBy: request.splitBy, counts: counts,
            series: series,
            otherCounts: request.splitBy == .unspecified ? [] : Self.others(counts, series),
            totalCount: counts.reduce(0, +), complete: walk.isComplete,
            scannedThrough: try reader.scanned(through: walk.through, of: kept.oldest),
            unreadable: try reader.missing(walk.unreadable))
    }

    private func width(
        of request: HistogramRequest, _ since: Timestamp, _ until: Timestamp
    ) throws(ServiceError) -> Duration {
        let most = Codec.Limits.bucketsMax
        guard let width = request.bucket else {
            let wanted =
                request.buckets == 0 ? limits.histogramBucketsDefault : Int(request.buckets)
            return BucketWidth.chosen(since: since, until: until, wanted: wanted, most: most)
        }
        let count = BucketGrid.count(since: since, until: until, width: width)
        guard count <= most else {
            let wider = BucketWidth.narrowest(since: since, until: until, most: most)
            let reason = """
                makes \(count) buckets from \(since.rfc3339) to \(until.rfc3339), and \(most) are \
                allowed: ask for \(wider.components.seconds)s or more, for a shorter range, or leave \
                it to the server
                """
            throw ServiceError(
                .invalid, "bucket: \(reason)",
                violations: [FieldViolation(field: "bucket", reason: reason)])
        }
        return width
    }

    /// What is in no series; empty when there is nothing.
    private static func others(
        _ counts: [UInt64], _ series: [HistogramSeries]
    ) -> [UInt64] {
        var others = counts
        for one in series {
            // No event has two values; one that had would be no reason to end the server.
            for bucket in others.indices {
                others[bucket] -= min(others[bucket], one.counts[bucket])
            }
        }
        return others.contains { $0 > 0 } ? others : []
    }
}

/// Counts events by bucket and, where there is a split, by the values of its field.
private struct HistogramCounter: EventCounter {
    private let grid: BucketGrid
    /// Nil without a split.
    private let field: FacetField?
    private var tally: HistogramTally
    /// One number for each bucket.
    private(set) var counts: [UInt64]
    private var countsAtMark: [UInt64]

    init(_ grid: BucketGrid, _ field: FacetField, _ limits: ServiceLimits) {
        self.grid = grid
        self.field = field == .unspecified ? nil : field
        tally = HistogramTally(buckets: grid.count, limits: limits)
        counts = [UInt64](repeating: 0, count: grid.count)
        countsAtMark = counts
    }

    /// The most frequent values; none without a split.
    func series(_ limit: Int) -> [HistogramSeries] { tally.top(limit) }

    var hasRoom: Bool { tally.hasRoom }

    mutating func mark() {
        tally.mark()
        countsAtMark = counts
    }

    mutating func rollBack() {
        tally.rollBack()
        counts = countsAtMark
    }

    mutating func count(
        _ part: PartMatches, _ control: ReadControl
    ) throws(StoreError) -> Bool {
        guard let field else {
            add(try part.index.buckets(of: part.rows(), in: grid))
            return true
        }
        var matches: [(organization: [UInt8], rows: RowSet)] = []
        try part.visitOrganizations { matches.append(($0, $1)) }
        // Once for all of them: none has a row of another.
        let buckets = try part.index.buckets(of: .union(of: matches.map(\.rows)), in: grid)
        add(buckets)
        var isWhole = true
        for (organization, rows) in matches {
            try part.index.visitValues(
                of: organization, field: EventTerms.number(of: field),
                among: part.amongValues(rows, of: organization), in: buckets
            ) { found in
                isWhole = tally.hasRoom && !control.shouldEnd
                guard isWhole else { return false }
                tally.count(
                    found, in: buckets.used, part: part.number, organization: organization)
                return true
            }
            guard isWhole else { return false }
        }
        return true
    }

    private mutating func add(_ buckets: RowBuckets) {
        for bucket in buckets.used { counts[bucket] += UInt64(buckets.counts[bucket]) }
    }

    mutating func count(_ event: EventView) {
        guard let bucket = grid.bucket(of: event.occurredAt) else { return }
        counts[bucket] += 1
        guard let field else { return }
        IndexTerms.visit(event.payload) { term in
            if term.field == field { tally.count(term, of: event.sequence, in: bucket) }
        }
    }
}
