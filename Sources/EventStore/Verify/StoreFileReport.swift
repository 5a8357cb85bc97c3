package import AuditModel

/// What was found of one file of a store.
package struct StoreFileReport: Sendable {
    package enum Kind: Hashable, Sendable {
        case log
        case segment
        /// `LOST`.
        case lost
        /// `SNAPSHOT`.
        case snapshot
    }

    package var kind: Kind
    package var path: String
    /// Nil of an empty log, of a file that cannot be opened, and of a list.
    package var sequences: SequenceRange?
    /// Those that are there.
    package var events = 0
    package var bytes = 0
    package var recordedAt: ClosedRange<Timestamp>?
    /// The sequences right before it that were passed over when the store was restored.
    package var skipped: SequenceRange?
    /// What `LOST` names.
    package var lostRanges: [SequenceRange] = []
    /// What `SNAPSHOT` says.
    package var snapshot: SnapshotMarker?
    /// What is wrong with it, and with its place between the others.
    package var findings: [StoreError] = []

    init(_ part: StorePart) {
        kind = part.segment == nil ? .log : .segment
        path = part.path
        if part.lastSequence >= part.firstSequence {
            sequences = SequenceRange(first: part.firstSequence, last: part.lastSequence)
        }
        events = part.events
        bytes = part.bytes
        recordedAt = part.oldestRecordedAt.map { $0...part.newestRecordedAt }
        skipped = part.skipped
    }

    init(_ kind: Kind, _ path: String, _ error: StoreError? = nil) {
        self.kind = kind
        self.path = path
        findings = error.map { [$0] } ?? []
    }
}
