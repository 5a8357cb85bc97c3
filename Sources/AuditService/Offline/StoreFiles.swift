import Access
package import AuditModel
import EventStore

/// What is in a data folder, read without a server and without the folder's lock; changes nothing.
package enum StoreFiles {
    package struct File: Hashable, Sendable {
        package var path: String
        package var kind: Kind
        package var bytes: Int
        /// Sentences for the operator; empty when nothing is wrong.
        package var problems: [String]

        package enum Kind: Hashable, Sendable {
            /// A log or a segment.
            case events(Events)
            /// `LOST`: so many events, in so many ranges.
            case lost(events: UInt64, ranges: Int)
            /// `SNAPSHOT`; nil when it is not known when it was made.
            case snapshot(createdAt: Timestamp?)
            /// `policies.json`: of so many organizations.
            case policies(organizations: Int)
            /// `tokens.json`: so many API tokens, those too that have ended.
            case tokens(count: Int)
            /// `quotas.json`: so many quotas, the default one included.
            case quotas(count: Int)
            /// `sequences.json`: of so many organizations without events.
            case sequences(organizations: Int)
        }

        package struct Events: Hashable, Sendable {
            /// Nil of an empty log, and of a file that cannot be opened.
            package var sequences: SequenceRange?
            package var count: Int
            package var recordedAt: ClosedRange<Timestamp>?
            /// The sequences right before it that were skipped when the store was restored.
            package var skipped: SequenceRange?
        }
    }

    /// Calls `report` with each file: those with events in the order of the sequences, then the lists.
    ///
    /// - Parameter readsEverything: every byte of the segments too, not only their ends.
    /// - Throws: `unavailable` when it is no data folder, and what `report` throws.
    package static func look(
        in directory: String, readsEverything: Bool, _ report: (File) throws -> Void
    ) throws {
        let verifier = StoreVerifier(directory: directory, terms: EventTerms.extractor)
        do {
            try verifier.run(readsEverything ? .everything : .ends) { try report(File($0)) }
        } catch let error as StoreError {
            throw ServiceError(
                .unavailable, "\(directory) is not the data folder of a server: \(error)")
        }
        for list in lists(in: directory) {
            if let list { try report(list) }
        }
    }

    /// What is there of what the service keeps beside the events.
    private static func lists(in directory: String) -> [File?] {
        let policies = PolicyFile(in: directory)
        let tokens = TokenFile(in: directory)
        let quotas = QuotaFile(in: directory)
        let sequences = SequenceFile(in: directory)
        return [
            list(policies.path, .policies(organizations: 0), policies.text) {
                () throws(ServiceError) in
                .policies(
                    organizations: try policies.policies(configured: nil).organizations.count)
            },
            list(tokens.path, .tokens(count: 0), tokens.text) { () throws(ServiceError) in
                .tokens(count: try tokens.book()?.entries.count ?? 0)
            },
            list(quotas.path, .quotas(count: 0), quotas.text) { () throws(ServiceError) in
                .quotas(count: try quotas.book().quotas.count)
            },
            list(sequences.path, .sequences(organizations: 0), sequences.text) {
                () throws(ServiceError) in
                .sequences(organizations: try sequences.read()?.organizations.count ?? 0)
            },
        ]
    }

    /// Nil where there is none.
    private static func list(
        _ path: String, _ none: File.Kind, _ text: () throws(ServiceError) -> [UInt8]?,
        _ kind: () throws(ServiceError) -> File.Kind
    ) -> File? {
        var file = File(path: path, kind: none, bytes: 0, problems: [])
        do throws(ServiceError) {
            guard let text = try text() else { return nil }
            file.bytes = text.count
            file.kind = try kind()
        } catch {
            file.problems = [error.message]
        }
        return file
    }
}

extension StoreFiles.File {
    fileprivate init(_ file: StoreFileReport) {
        path = file.path
        bytes = file.bytes
        problems = file.findings.map(\.description)
        kind =
            switch file.kind {
            case .log, .segment:
                .events(
                    Events(
                        sequences: file.sequences, count: file.events,
                        recordedAt: file.recordedAt, skipped: file.skipped))
            case .lost:
                .lost(
                    events: file.lostRanges.reduce(0) {
                        $0 + ($1.last.rawValue - $1.first.rawValue + 1)
                    }, ranges: file.lostRanges.count)
            case .snapshot: .snapshot(createdAt: file.snapshot?.createdAt)
            }
    }
}
