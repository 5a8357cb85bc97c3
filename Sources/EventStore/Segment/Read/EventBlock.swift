package import AuditModel

/// The events of one block of a segment, decompressed. Immutable, shared by the cache and its
/// readers on any thread.
package final class EventBlock: CachedPart, @unchecked Sendable {
    // @unchecked: nothing writes to `bytes` after init, and deinit runs when no reader is left.
    private let bytes: UnsafeMutableRawBufferPointer
    private let entries: [Entry]
    /// Of the row 0.
    private let firstSequence: Sequence
    /// Of the events in order; empty when they are all of `rows`.
    private let eventRows: [Row]

    /// From its first event's row to its last one's; those between that retention left out are
    /// included.
    package let rows: Range<Row>

    struct Entry: BitwiseCopyable {
        var id = EventID(high: 0, low: 0)
        var recordedAt = Timestamp.epoch
        var occurredAt = Timestamp.epoch
        var organization: Int32 = 0
        var organizationBytes: Int32 = 0
        var payload: Int32 = 0
        var payloadBytes: Int32 = 0
    }

    /// Takes ownership of `bytes`.
    init(
        owning bytes: UnsafeMutableRawBufferPointer, entries: [Entry], firstSequence: Sequence,
        rows: Range<Row>, eventRows: [Row]
    ) {
        self.bytes = bytes
        self.entries = entries
        self.firstSequence = firstSequence
        self.rows = rows
        self.eventRows = eventRows
    }

    deinit {
        bytes.deallocate()
    }

    /// Of its events; not all of `rows` when retention left some out.
    package var count: Int { entries.count }

    var residentBytes: Int {
        bytes.count + entries.count * MemoryLayout<Entry>.stride
            + eventRows.count * MemoryLayout<Row>.stride
    }

    /// The row of the event at `index`; ascending.
    package func row(at index: Int) -> Row {
        eventRows.isEmpty ? rows.lowerBound + Row(index) : eventRows[index]
    }

    /// Where the event of a row is; nil when retention left it out, or it is not in `rows`.
    package func index(of row: Row) -> Int? {
        guard rows.contains(row) else { return nil }
        guard !eventRows.isEmpty else { return Int(row - rows.lowerBound) }
        let index = eventRows.partitionIndex { $0 >= row }
        return index < eventRows.count && eventRows[index] == row ? index : nil
    }

    /// Where the first event at `row` or behind it is; `count` when there is none.
    func firstIndex(from row: Row) -> Int {
        guard eventRows.isEmpty else { return eventRows.partitionIndex { $0 >= row } }
        return min(count, Int(max(row, rows.lowerBound) - rows.lowerBound))
    }

    /// Calls `body` with the event at `index`; its pointers must not outlive the call. Allocates
    /// nothing.
    package func withEvent<Result, Failure: Error>(
        at index: Int, _ body: (EventView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let entry = entries[index]
        let result = try body(
            EventView(
                sequence: firstSequence + Int(row(at: index)), recordedAt: entry.recordedAt,
                occurredAt: entry.occurredAt, id: entry.id,
                organization: slice(entry.organization, entry.organizationBytes),
                payload: slice(entry.payload, entry.payloadBytes)))
        withExtendedLifetime(self) {}
        return result
    }

    private func slice(_ offset: Int32, _ count: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<Int(offset) + Int(count)])
    }

    /// The events around `index` that were recorded together and have consecutive sequences, as the
    /// rest of the product takes them. Shares this block's bytes and keeps them alive.
    package func batch(around index: Int) -> EventBatch {
        let recordedAt = entries[index].recordedAt
        func belongs(_ other: Int) -> Bool {
            entries[other].recordedAt == recordedAt
                && Int(row(at: other)) - Int(row(at: index)) == other - index
        }
        var start = index
        while start > 0, belongs(start - 1) { start -= 1 }
        var end = index + 1
        while end < count, belongs(end) { end += 1 }
        return EventBatch(
            sharing: UnsafeRawBufferPointer(bytes), of: self,
            firstSequence: firstSequence + Int(row(at: start)), recordedAt: recordedAt,
            entries: entries[start..<end].map { entry in
                let organization = Int(entry.organization)
                let payload = Int(entry.payload)
                return EventBatch.Entry(
                    id: entry.id, occurredAt: entry.occurredAt,
                    organization: organization..<organization + Int(entry.organizationBytes),
                    payload: payload..<payload + Int(entry.payloadBytes))
            })
    }
}
