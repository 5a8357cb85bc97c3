import AuditModel

/// Where a subscription stands in the sequences that its reader sees.
struct ReaderPosition: Hashable, Sendable {
    /// Everything of the reader's through it was sent, did not match, or was said to be gone. There may be more of
    /// that, which is found out when the reader is told.
    private(set) var sequence: Sequence
    /// The newest that the reader knows, from an event or a notice.
    private var told: Sequence

    init(after sequence: Sequence) {
        self.sequence = sequence
        told = sequence
    }

    /// Sequences that the reader does not know to be behind it: a reason for a Progress before its time.
    var untold: UInt64 { sequence.rawValue - told.rawValue }

    mutating func pass(through sequence: Sequence) {
        self.sequence = max(self.sequence, sequence)
    }

    mutating func send(_ portion: FeedPortion) {
        if let last = portion.lastSequence {
            pass(through: last)
            told = max(told, last)
        }
        if let sequence = portion.sequence { pass(through: sequence) }
    }

    /// The reader is told the position.
    mutating func tell() -> Sequence {
        told = sequence
        return sequence
    }

    /// What the reader is told to be gone when the next event that can be sent is this one; nil when nothing of his
    /// is.
    mutating func skip(to next: Sequence) -> SequenceRange? {
        guard sequence.next < next else { return nil }
        let gone = SequenceRange(first: sequence.next, last: next.previous)
        sequence = gone.last
        told = sequence
        return gone
    }
}
