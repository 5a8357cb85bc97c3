package import AuditModel
import Codec
import EventStore

/// Repairs a data folder that no server uses.
package enum StoreRepairs {
    package struct Progress: Hashable, Sendable {
        package var isWriting: Bool
        /// Bytes when reading, files when writing.
        package var done: Int
        package var total: Int
    }

    package struct Outcome: Hashable, Sendable {
        /// Sentences for the operator; empty when nothing is wrong.
        package var findings: [String]
        /// What was done about it, or would be.
        package var actions: [String]
        /// Sequences of events that are gone.
        package var lost: [SequenceRange]
        /// How many those are; at the end of the newest log some may never have been.
        package var lostEvents: UInt64
        /// Those that can be read.
        package var events: Int
        /// Where the damaged files are; nil when nothing was changed.
        package var folder: String?
    }

    /// - Parameter isDryRun: changes nothing and says what would be done.
    /// - Throws: `unavailable` when a server has the folder or it is none, `dataLoss` with advice when it
    ///   cannot be repaired.
    package static func repair(
        _ directory: String, isDryRun: Bool, _ progress: (Progress) -> Void
    ) throws(ServiceError) -> Outcome {
        let now = Timestamp.now
        let repair = StoreRepair(directory: directory, terms: EventTerms.extractor)
        do throws(StoreError) {
            let report = try repair.run(isDryRun: isDryRun, label: label(of: now), now: now) {
                progress(
                    Progress(isWriting: $0.phase == .writing, done: $0.done, total: $0.total))
            }
            return Outcome(
                findings: report.findings, actions: report.actions, lost: report.lost,
                lostEvents: report.lostEvents, events: report.events, folder: report.folder)
        } catch {
            throw ServiceError(
                error.code == .damaged ? .dataLoss : .unavailable, error.description)
        }
    }

    /// 20261127T043747Z
    static func label(of time: Timestamp) -> String {
        time.rfc3339.prefix { $0 != "." && $0 != "Z" }.filter { $0 != "-" && $0 != ":" } + "Z"
    }
}
