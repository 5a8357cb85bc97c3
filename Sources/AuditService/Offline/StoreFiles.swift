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
        if let policies = policies(in: directory) { try report(policies) }
        if let tokens = tokens(in: directory) { try report(tokens) }
        if let quotas = quotas(in: directory) { try report(quotas) }
    }

    /// Nil where no policy was set.
    private static func policies(in directory: String) -> File? {
        let file = PolicyFile(in: directory)
        var policies = File(
            path: file.path, kind: .policies(organizations: 0), bytes: 0, problems: [])
        do throws(ServiceError) {
            guard let text = try file.text() else { return nil }
            policies.bytes = text.count
            policies.kind = .policies(
                organizations: try file.policies(configured: nil).organizations.count)
        } catch {
            policies.problems = [error.message]
        }
        return policies
    }

    /// Nil before the first start.
    private static func tokens(in directory: String) -> File? {
        let file = TokenFile(in: directory)
        var tokens = File(path: file.path, kind: .tokens(count: 0), bytes: 0, problems: [])
        do throws(ServiceError) {
            guard let text = try file.text() else { return nil }
            tokens.bytes = text.count
            tokens.kind = .tokens(count: try file.book()?.entries.count ?? 0)
        } catch {
            tokens.problems = [error.message]
        }
        return tokens
    }

    /// Nil where no quota was set.
    private static func quotas(in directory: String) -> File? {
        let file = QuotaFile(in: directory)
        var quotas = File(path: file.path, kind: .quotas(count: 0), bytes: 0, problems: [])
        do throws(ServiceError) {
            guard let text = try file.text() else { return nil }
            quotas.bytes = text.count
            quotas.kind = .quotas(count: try file.book().quotas.count)
        } catch {
            quotas.problems = [error.message]
        }
        return quotas
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
