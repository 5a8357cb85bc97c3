package import AuditModel

/// The place of an event in a range of sequences: sequence - first. It never changes: a rewritten
/// segment keeps the rows of what it kept.
package typealias Row = UInt32

/// What a query asks of a range of events: a sealed segment answers from its file, the active log
/// from memory.
///
/// Every answer is exact. Sets hold rows that are there; what retention left out is in none. Any
/// thread may ask; what may touch the disk throws `damaged` or `inputOutput`.
package protocol EventIndex: AnyObject, Sendable {
    /// Row 0 is the first. Of the active log: what is indexed so far; nil before its first event.
    var sequences: SequenceRange? { get }

    /// All rows that are there.
    func rows() throws(StoreError) -> RowSet

    /// The rows of an organization; empty when it has none.
    func rows(of organization: [UInt8]) throws(StoreError) -> RowSet

    /// The rows of an organization that have the term.
    func rows(of organization: [UInt8], with term: EventTerm) throws(StoreError) -> RowSet

    /// Those of `rows` that happened in the range: by row, whatever the order of arrival.
    func rows(_ rows: RowSet, occurredIn range: OccurredRange) throws(StoreError) -> RowSet

    /// Visits the values of a field in an organization in ascending order of their bytes, then of
    /// their qualifiers, with the number of rows that have them; values without any are left out.
    ///
    /// - Parameters:
    ///   - rows: counts only these; nil for all, which costs no intersection.
    ///   - body: its pointers must not outlive the call; false ends the walk.
    func visitValues(
        of organization: [UInt8], field: UInt8, among rows: RowSet?, _ body: (ValueCount) -> Bool
    ) throws(StoreError)

    /// When the first of `rows` to happen did; nil when there are none.
    func leastOccurred(of rows: RowSet) throws(StoreError) -> Timestamp?

    /// In which bucket each of `rows` happened; those in none are not counted.
    func buckets(of rows: RowSet, in grid: BucketGrid) throws(StoreError) -> RowBuckets

    /// Visits the values of a field in an organization, in any order, with the number of rows in each bucket that
    /// have them; values without any are left out.
    ///
    /// - Parameters:
    ///   - rows: the organization's among those of `buckets`; nil for all that it has, if all of them are.
    ///   - body: as of `visitValues(of:field:among:_:)`.
    func visitValues(
        of organization: [UInt8], field: UInt8, among rows: RowSet?, in buckets: RowBuckets,
        _ body: (ValueBuckets) -> Bool
    ) throws(StoreError)

    /// The organizations that have events here, in ascending order of their bytes.
    func organizations() throws(StoreError) -> [OrganizationSummary]

    /// The first row that is there and was recorded at `time` or later; nil when all were before.
    func firstRow(recordedSince time: Timestamp) throws(StoreError) -> Row?
}

/// One value of one field, as an event has it and a filter names it.
package struct EventTerm: Hashable, Sendable {
    /// A number of the owner's choice, 1 to 31.
    package var field: UInt8
    package var value: [UInt8]
    /// What tells equal values apart: of a target's id its type. Nil for any.
    package var qualifier: [UInt8]?

    package init(field: UInt8, value: [UInt8], qualifier: [UInt8]? = nil) {
        self.field = field
        self.value = value
        self.qualifier = qualifier
    }
}

/// What events are indexed by: calls `report(field, value, qualifier)` for each term of an event; a
/// term that is reported twice counts once.
///
/// The store knows no encoding: its owner says what is indexed, in fields from 1 to 31. A value is
/// not empty, holds no zero byte, and like its qualifier is at most `Limits.termBytesMax` long:
/// anything else is not indexed. Called on the indexing thread for every event: it allocates
/// nothing.
package struct TermExtractor: Sendable {
    package typealias Report = (
        _ field: UInt8, _ value: UnsafeRawBufferPointer, _ qualifier: UnsafeRawBufferPointer
    ) -> Void

    /// Of the rules by which terms are taken: the same event gives the same terms under the same
    /// number, for ever. Segments name the one they were indexed by; those of another are searched
    /// by looking at each event, until `EventStore.reindex` has written them anew. From 1 on.
    package let version: UInt32
    private let extract: @Sendable (EventView, Report) -> Void

    package init(version: UInt32, extract: @escaping @Sendable (EventView, Report) -> Void) {
        precondition(version > 0, "zero is no version of terms")
        self.version = version
        self.extract = extract
    }

    package func callAsFunction(_ event: EventView, _ report: Report) { extract(event, report) }
}

/// A value of a field and how many rows have it. Valid only inside the call that it is passed to.
package struct ValueCount {
    package var value: UnsafeRawBufferPointer
    /// Empty where the field has none.
    package var qualifier: UnsafeRawBufferPointer
    package var count: Int
}

/// A range of occurred_at; an end that is nil is open.
package struct OccurredRange: Hashable, Sendable {
    /// Inclusive.
    package var since: Timestamp?
    /// Exclusive.
    package var until: Timestamp?

    package init(since: Timestamp? = nil, until: Timestamp? = nil) {
        self.since = since
        self.until = until
    }

    package func contains(_ time: Timestamp) -> Bool {
        if let since, time < since { return false }
        if let until, time >= until { return false }
        return true
    }
}

/// What an organization has in a range of events.
package struct OrganizationSummary: Hashable, Sendable {
    package var organization: [UInt8]
    package var events: Int
    /// Of their organizations and payloads, uncompressed.
    package var bytes: Int
    package var oldestRecordedAt: Timestamp
    package var newestRecordedAt: Timestamp

    package init(
        organization: [UInt8], events: Int, bytes: Int, oldestRecordedAt: Timestamp,
        newestRecordedAt: Timestamp
    ) {
        self.organization = organization
        self.events = events
        self.bytes = bytes
        self.oldestRecordedAt = oldestRecordedAt
        self.newestRecordedAt = newestRecordedAt
    }
}
