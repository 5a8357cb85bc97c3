import Access
import AuditModel
import Codec
import EventStore
import Synchronization

/// The retention policies of a running server: on disk, in force, and told to who asks.
///
/// A change is on stable storage before it is in force, and in force before it is answered.
final class RetentionOffice: Sendable {
    private let store: EventStore
    private let sequences: SequenceBook
    private let file: PolicyFile
    /// What holds; for a few instructions.
    private let current: Mutex<RetentionPolicies>
    /// Held by one change at a time, while it writes.
    private let changing = Mutex(())

    /// Reads the policies and puts them in force.
    ///
    /// - Parameters:
    ///   - configured: the default policy as long as nobody set another.
    /// - Throws: `unavailable`, for the operator: the file cannot be read or understood.
    init(
        store: EventStore, sequences: SequenceBook, dataDirectory: String, configured: Duration?,
        fileSystem: any FileSystem = PosixFileSystem()
    ) throws(ServiceError) {
        self.store = store
        self.sequences = sequences
        file = PolicyFile(in: dataDirectory, fileSystem: fileSystem)
        let policies = try file.policies(configured: configured)
        current = Mutex(policies)
        try enforce(policies)
    }

    private func enforce(_ policies: RetentionPolicies) throws(ServiceError) {
        do throws(StoreError) {
            try store.setRetention(policies.rules, now: .now, uptime: .sinceStart)
        } catch {
            throw ServiceError(error)
        }
    }

    /// What holds now.
    var policies: RetentionPolicies { current.withLock { $0 } }

    func get(
        _ request: GetRetentionRequest
    ) throws(ServiceError) -> GetRetentionResponse {
        GetRetentionResponse(
            retention: policies.retention(of: request.organizationID),
            oldestSequence: try oldest(of: request.organizationID))
    }

    /// The policies that a caller may see: all of them, or those of his organizations.
    func list(_ request: ListRetentionRequest, in reach: Reach) -> ListRetentionResponse {
        guard case .only(let organizations) = reach else { return policies.page(request) }
        let policies = policies
        return ListRetentionResponse(
            retentions: organizations.map {
                policies.retention(of: String(decoding: $0, as: UTF8.self))
            })
    }

    /// Makes a change, or with `dryRun` says what it would do. Waits for the disk.
    ///
    /// - Throws: `exhausted` (as many policies as there may be, or a full disk) or `unavailable`; then nothing has
    ///   changed.
    func set(_ request: SetRetentionRequest) throws(ServiceError) -> SetRetentionResponse {
        try changing.withLock { _ throws(ServiceError) in
            let before = policies
            var after = before
            try after.apply(request)
            var response = SetRetentionResponse(
                before: before.retention(of: request.organizationID),
                after: after.retention(of: request.organizationID),
                oldestSequenceBefore: try oldest(of: request.organizationID))
            if request.dryRun {
                response.oldestSequenceAfter = try oldest(of: request.organizationID, under: after)
                return response
            }
            if after != before {
                try save(after)
                try enforce(after)
                current.withLock { $0 = after }
            }
            response.oldestSequenceAfter = try oldest(of: request.organizationID)
            return response
        }
    }

    private func save(_ policies: RetentionPolicies) throws(ServiceError) {
        do throws(FileError) {
            try file.write(policies)
        } catch {
            throw ServiceError(unsaved: error)
        }
    }

    /// The oldest sequence that is shown, as a reader of the organization sees it.
    private func oldest(of organizationID: String) throws(ServiceError) -> Sequence {
        let reader = reader(of: organizationID)
        return try reader.oldest(from: store.currentBounds(of: reader.organization).oldest)
    }

    private func oldest(
        of organizationID: String, under policies: RetentionPolicies
    ) throws(ServiceError) -> Sequence {
        let reader = reader(of: organizationID)
        return try reader.sequence(
            from: store.oldest(
                of: reader.organization, under: policies.rules, now: .now, uptime: .sinceStart))
    }

    private func reader(of organizationID: String) -> ReaderSequences {
        ReaderSequences(
            store: store, book: sequences,
            organization: organizationID.isEmpty ? nil : Array(organizationID.utf8))
    }
}
