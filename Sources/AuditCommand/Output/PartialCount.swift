import AuditModel

/// What is said about counts that are not of all events.
enum PartialCount {
    /// - Throws: `CommandError` when something could not be read.
    static func tell(
        complete: Bool, from oldest: Sequence, _ unreadable: [SequenceRange], _ surface: Surface
    ) throws {
        if surface.format == .table, !complete {
            note("counted from event \(oldest) on only: narrow the filter")
        }
        if let unread = Unreadable.text(unreadable) { throw CommandError(.failure, unread) }
    }
}
