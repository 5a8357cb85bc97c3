import AuditModel

/// A log beside a segment that stands for its sequences. Nearly always the segment was made of it, and the
/// log is what a seal or a repair did not come to remove. But when a repair could not save events, a person
/// may have put the log back from a backup: then it is all that has them.
struct PutBackLog {
    let configuration: StoreConfiguration
    let fileSystem: any FileSystem

    /// Whether the log has events that the segment should have and a repair could not save. Reads the log
    /// only when `LOST` names some of the segment that are still not in it.
    ///
    /// - Parameter first: the log's name.
    ///
    /// Throws `inputOutput`, and `damaged` when the log is that of another name.
    func hasLost(_ first: Sequence, of segment: Segment) throws(StoreError) -> Bool {
        let sequences = segment.bounds.sequences
        // A list that cannot be read may name any.
        let lost = (try? LostRanges.read(configuration, fileSystem)) ?? LostRanges([sequences])
        let missing = LostRanges(lost.overlapping(sequences)).without([.sealed(segment)])
        guard !missing.isEmpty else { return false }
        var isThere = false
        let log = LogSalvage(path: path(of: first), fileSystem: fileSystem, first: first)
        _ = try log.read { batch in
            let range = SequenceRange(first: batch.firstSequence, last: batch.lastSequence)
            isThere = isThere || !missing.overlapping(range).isEmpty
        }
        return isThere
    }

    /// What a start says of it, which would remove the log otherwise.
    func refusal(_ first: Sequence, beside segment: Segment) -> StoreError {
        let path = path(of: first)
        return StoreError(
            .damaged,
            "\(path) has events that a repair could not save, and \(segment.path) stands in their "
                + "place. Nothing was changed. Run `auditrpc store repair "
                + "\(configuration.directory)`, which takes them from the log",
            damage: StoreError.Damage(
                file: path, offset: 0, sequences: SequenceRange(first: first, last: first)))
    }

    private func path(of first: Sequence) -> String {
        configuration.logDirectory + "/" + LogName.of(first)
    }
}
