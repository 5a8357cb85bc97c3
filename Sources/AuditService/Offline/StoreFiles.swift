package import AuditModel
import EventStore

/// What is in a data folder, read without a server and without the folder's lock; changes nothing.
package enum StoreFiles {
    package struct File: Hashable, Sendable {
        package var path: String
        package var isSealed: Bool
        /// Nil of an empty log, and of a file that cannot be opened.
        package var sequences: SequenceRange?
        package var events: Int
        package var bytes: Int
        package var recordedAt: ClosedRange<Timestamp>?
        /// The sequences right before it that were skipped when the store was restored.
        package var skipped: SequenceRange?
        /// Sentences for the operator; empty when nothing is wrong.
        package var problems: [String]
    }

    /// Calls `report` with each file in the order of the sequences.
    ///
    /// - Parameter readsEverything: every byte of the segments too, not only their ends.
    /// - Throws: `unavailable` when it is no data folder, and what `report` throws.
    package static func look(
        in directory: String, readsEverything: Bool, _ report: (File) throws -> Void
    ) throws {
        let verifier = StoreVerifier(directory: directory, terms: EventTerms.extractor)
        do {
            try verifier.run(readsEverything ? .everything : .ends) { file in
                try report(
                    File(
                        path: file.path, isSealed: file.isSealed, sequences: file.sequences,
                        events: file.events, bytes: file.bytes, recordedAt: file.recordedAt,
                        skipped: file.skipped, problems: file.findings.map(\.description)))
            }
        } catch let error as StoreError {
            throw ServiceError(
                .unavailable, "\(directory) is not the data folder of a server: \(error)")
        }
    }
}
