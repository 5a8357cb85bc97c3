import Synchronization

/// Events that were stored together: consecutive sequences, one recorded_at, one block of bytes.
///
/// The committer makes one for each group commit, and a read of the disk makes one for each frame;
/// the ring, the feed and the queries share it. Immutable after `init`, which is what makes it safe
/// to send anywhere.
public final class EventBatch: @unchecked Sendable {
    // @unchecked: nothing writes to `bytes` after init, and deinit runs when no reader is left.
    @usableFromInline let bytes: UnsafeRawBufferPointer
    /// Who frees the bytes; nil when this does.
    private let owner: (any AnyObject & Sendable)?
    private let byOrganization = AtomicLazyReference<BatchOrganizations>()

    public let firstSequence: Sequence
    public let recordedAt: Timestamp
    /// One for each event, in order of sequence.
    public let entries: [Entry]

    /// Where one event lies in the batch's bytes.
    public struct Entry: Sendable {
        public var id: EventID
        /// When it happened; recorded_at where the caller gave no time.
        public var occurredAt: Timestamp
        public var organizationOffset: Int32
        public var organizationBytes: Int32
        /// The encoded `auditrpc.v1.Event`, with the fields that the server sets.
        public var payloadOffset: Int32
        public var payloadBytes: Int32

        @inlinable
        public init(
            id: EventID, occurredAt: Timestamp, organization: Range<Int>, payload: Range<Int>
        ) {
            self.id = id
            self.occurredAt = occurredAt
            organizationOffset = Int32(organization.lowerBound)
            organizationBytes = Int32(organization.count)
            payloadOffset = Int32(payload.lowerBound)
            payloadBytes = Int32(payload.count)
        }
    }

    /// Takes ownership of `bytes`, which must have been allocated by
    /// `UnsafeMutableRawBufferPointer.allocate`.
    public init(
        owning bytes: UnsafeMutableRawBufferPointer, firstSequence: Sequence,
        recordedAt: Timestamp, entries: [Entry]
    ) {
        precondition(!entries.isEmpty, "a batch holds at least one event")
        self.bytes = UnsafeRawBufferPointer(bytes)
        owner = nil
        self.firstSequence = firstSequence
        self.recordedAt = recordedAt
        self.entries = entries
    }

    /// A batch whose bytes are a part of `owner`'s, which stays alive as long as the batch and never
    /// changes them.
    public init(
        sharing bytes: UnsafeRawBufferPointer, of owner: any AnyObject & Sendable,
        firstSequence: Sequence, recordedAt: Timestamp, entries: [Entry]
    ) {
        precondition(!entries.isEmpty, "a batch holds at least one event")
        self.bytes = bytes
        self.owner = owner
        self.firstSequence = firstSequence
        self.recordedAt = recordedAt
        self.entries = entries
    }

    deinit {
        if owner == nil { bytes.deallocate() }
    }

    public var count: Int { entries.count }

    /// Whose events these are; made when somebody asks first.
    public var organizations: BatchOrganizations {
        byOrganization.load() ?? byOrganization.storeIfNil(BatchOrganizations(of: self))
    }

    /// The bytes it keeps in memory, its entries and what is made of them included; all of its owner's when it
    /// shares them.
    public var residentBytes: Int {
        bytes.count + entries.count * MemoryLayout<Entry>.stride
            + BatchOrganizations.bytesMax(events: entries.count)
    }

    public var lastSequence: Sequence { firstSequence + (entries.count - 1) }

    /// Calls `body` with the event at `index`; its pointers must not outlive the call.
    @inlinable
    public func withEvent<Result, Failure: Error>(
        at index: Int, _ body: (EventView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try body(view(at: index))
        withExtendedLifetime(self) {}
        return result
    }

    @inlinable
    func view(at index: Int) -> EventView {
        let entry = entries[index]
        return EventView(
            sequence: firstSequence + index, recordedAt: recordedAt, occurredAt: entry.occurredAt,
            id: entry.id,
            organization: slice(entry.organizationOffset, entry.organizationBytes),
            payload: slice(entry.payloadOffset, entry.payloadBytes))
    }

    @inlinable
    func slice(_ offset: Int32, _ count: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<Int(offset) + Int(count)])
    }
}

/// One event of a batch, seen in place. Valid only inside the call that it is passed to.
public struct EventView {
    public var sequence: Sequence
    public var recordedAt: Timestamp
    public var occurredAt: Timestamp
    public var id: EventID
    public var organization: UnsafeRawBufferPointer
    /// The encoded `auditrpc.v1.Event`, with the fields that the server sets.
    public var payload: UnsafeRawBufferPointer

    @inlinable
    public init(
        sequence: Sequence, recordedAt: Timestamp, occurredAt: Timestamp, id: EventID,
        organization: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer
    ) {
        self.sequence = sequence
        self.recordedAt = recordedAt
        self.occurredAt = occurredAt
        self.id = id
        self.organization = organization
        self.payload = payload
    }
}
