import AuditModel
import CAuditProto
import CProtobufC

extension HistogramRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.HistogramRequest" }

    init(_ message: Auditrpc__V1__HistogramRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        filter = check.filter(message.filter)
        bucket = check.duration(message.bucket, "bucket")
        buckets = message.buckets
        splitBy =
            check.enumeration(FacetField.self, message.split_by.rawValue, "split_by")
            ?? .unspecified
        limit = message.limit
        if let bucket, !bucket.isBucketWidth {
            check.refuse(
                "bucket",
                """
                is \(bucket.wireText); whole seconds are allowed, from \(Limits.bucketMin.wireText) \
                to \(Limits.bucketMax.wireText)
                """)
        }
        if buckets < 0 || buckets > Limits.bucketsMax {
            check.refuse(
                "buckets",
                "is \(message.buckets); 0, which means 60, to \(Limits.bucketsMax) are allowed")
        }
        if splitBy == .scope {
            check.refuse("split_by", "is SCOPE, of which an event may have several")
        }
        if limit < 0 { check.refuse("limit", "is negative (\(message.limit)); 0 means 8") }
    }

    func write(to message: inout Auditrpc__V1__HistogramRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.filter = arena.filter(filter)
        message.bucket = arena.duration(bucket)
        message.buckets = buckets
        message.split_by = Auditrpc__V1__FacetField(UInt32(bitPattern: splitBy.rawValue))
        message.limit = limit
    }
}

extension Duration {
    fileprivate var isBucketWidth: Bool {
        components.attoseconds == 0 && self >= Limits.bucketMin && self <= Limits.bucketMax
    }
}

extension HistogramResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.HistogramResponse" }

    /// Refuses lists of unequal lengths, so that nobody has to look at them twice.
    init(_ message: Auditrpc__V1__HistogramResponse, _ check: inout FieldCheck) {
        start = check.timestamp(message.start, "start") ?? .epoch
        bucket = check.duration(message.bucket, "bucket") ?? .zero
        splitBy =
            check.enumeration(FacetField.self, message.split_by.rawValue, "split_by")
            ?? .unspecified
        counts = Array(UnsafeBufferPointer(start: message.counts, count: message.n_counts))
        series = check.list(HistogramSeries.self, "series", message.n_series, message.series)
        otherCounts = Array(
            UnsafeBufferPointer(start: message.other_counts, count: message.n_other_counts))
        totalCount = message.total_count
        complete = message.complete != 0
        scannedThrough = Sequence(message.scanned_through)
        unreadable = check.ranges(message.n_unreadable, message.unreadable)
        let buckets = counts.count
        for (index, one) in series.enumerated() where one.counts.count != buckets {
            check.refuse("series", at: index, "does not have \(buckets) counts")
        }
        if !otherCounts.isEmpty, otherCounts.count != buckets {
            check.refuse("other_counts", "are not \(buckets)")
        }
    }

    func write(to message: inout Auditrpc__V1__HistogramResponse, in arena: borrowing Arena) {
        message.start = arena.timestamp(start)
        message.bucket = arena.duration(bucket)
        message.split_by = Auditrpc__V1__FacetField(UInt32(bitPattern: splitBy.rawValue))
        message.n_counts = counts.count
        message.counts = arena.array(counts) { $0 }
        message.n_series = series.count
        message.series = arena.messages(series)
        message.n_other_counts = otherCounts.count
        message.other_counts = arena.array(otherCounts) { $0 }
        message.total_count = totalCount
        message.complete = complete ? 1 : 0
        message.scanned_through = scannedThrough.rawValue
        message.n_unreadable = unreadable.count
        message.unreadable = arena.messages(unreadable.map(WireRange.init))
    }
}

extension HistogramSeries: CodedValue {
    init(_ message: Auditrpc__V1__HistogramSeries, _ check: inout FieldCheck) {
        value = check.string(message.value, "value")
        type = check.string(message.type, "type")
        counts = Array(UnsafeBufferPointer(start: message.counts, count: message.n_counts))
    }

    func write(to message: inout Auditrpc__V1__HistogramSeries, in arena: borrowing Arena) {
        message.value = arena.copy(value)
        message.type = arena.copy(type)
        message.n_counts = counts.count
        message.counts = arena.array(counts) { $0 }
    }
}
