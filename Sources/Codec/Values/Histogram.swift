public import AuditModel

/// `auditrpc.v1.HistogramRequest`.
public struct HistogramRequest: Hashable, Sendable {
    /// Empty for all organizations.
    public var organizationID: String
    /// Its `since` and `until` are the range.
    public var filter: EventFilter
    /// The width of one bucket, in whole seconds; nil lets the server choose a round one.
    public var bucket: Duration?
    /// About how many buckets the width that the server chooses should make: 0 means 60.
    public var buckets: Int32
    /// `.unspecified` for none; not `.scope`.
    public var splitBy: FacetField
    /// Series at most: 0 means 8, above 20 means 20.
    public var limit: Int32

    public init(
        organizationID: String = "", filter: EventFilter = EventFilter(), bucket: Duration? = nil,
        buckets: Int32 = 0, splitBy: FacetField = .unspecified, limit: Int32 = 0
    ) {
        self.organizationID = organizationID
        self.filter = filter
        self.bucket = bucket
        self.buckets = buckets
        self.splitBy = splitBy
        self.limit = limit
    }
}

/// `auditrpc.v1.HistogramResponse`: all lists of counts have one number for each bucket.
public struct HistogramResponse: Hashable, Sendable {
    /// Of the first bucket: a multiple of the width since the epoch.
    public var start: Timestamp
    /// The width of one bucket, in whole seconds.
    public var bucket: Duration
    public var splitBy: FacetField
    /// Events that match; empty when the range is.
    public var counts: [UInt64]
    /// The most frequent values first.
    public var series: [HistogramSeries]
    /// Events whose value is in no series; empty when there are none, and without a split.
    public var otherCounts: [UInt64]
    public var totalCount: UInt64
    /// False when the counts are of the events from `scannedThrough` on only.
    public var complete: Bool
    public var scannedThrough: Sequence
    /// What could not be read: counts may be missing there.
    public var unreadable: [SequenceRange]

    public init(
        start: Timestamp = .epoch, bucket: Duration = .zero, splitBy: FacetField = .unspecified,
        counts: [UInt64] = [], series: [HistogramSeries] = [], otherCounts: [UInt64] = [],
        totalCount: UInt64 = 0, complete: Bool = true, scannedThrough: Sequence = .zero,
        unreadable: [SequenceRange] = []
    ) {
        self.start = start
        self.bucket = bucket
        self.splitBy = splitBy
        self.counts = counts
        self.series = series
        self.otherCounts = otherCounts
        self.totalCount = totalCount
        self.complete = complete
        self.scannedThrough = scannedThrough
        self.unreadable = unreadable
    }

    /// When a bucket begins, by its number.
    public func start(ofBucket number: Int) -> Timestamp {
        start.advanced(by: bucket * number)
    }
}

/// One value of the field that a histogram is split by, and how often it occurs in each bucket.
public struct HistogramSeries: Hashable, Sendable {
    /// As an `EventFilter` takes it; of an enumeration its short name.
    public var value: String
    /// Of a target id: the type of the resource.
    public var type: String
    public var counts: [UInt64]

    public init(value: String, type: String = "", counts: [UInt64] = []) {
        self.value = value
        self.type = type
        self.counts = counts
    }
}
