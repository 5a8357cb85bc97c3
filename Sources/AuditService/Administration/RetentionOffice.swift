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
    private let fileSystem: any FileSystem
    private let path: String
    /// What holds; for a few instructions.
    private let current: Mutex<RetentionPolicies>
    /// Held by one change at a time, while it writes.
    private let changing = Mutex(())

    /// Bytes of a policy file that is read: a hundred bytes for each of as many as there may be, and room.
    private static let fileBytesMax = 64 << 20

    /// Reads the policies and puts them in force.
    ///
    /// - Parameters:
    ///   - configured: the default policy as long as nobody set another.
    /// - Throws: `unavailable`, for the operator: the file cannot be read or understood.
    init(
        store: EventStore, dataDirectory: String, configured: Duration?,
        fileSystem: any FileSystem = PosixFileSystem()
    ) throws(ServiceError) {
        self.store = store
        self.fileSystem = fileSystem
        path = dataDirectory + "/policies.json"
        let policies = try Self.read(path, configured, fileSystem)
        current = Mutex(policies)
        try enforce(policies)
    }

    private static func read(
        _ path: String, _ configured: Duration?, _ fileSystem: any FileSystem
    ) throws(ServiceError) -> RetentionPolicies {
        do {
            guard let text = try fileSystem.contents(path, bytesMax: fileBytesMax) else {
                return RetentionPolicies(configured: configured)
            }
            return try RetentionPolicies(json: text, configured: configured)
        } catch let error as PolicyFileError {
            throw ServiceError(
                .unavailable,
                """
                \(path) is damaged: \(error.reason). Without it the server does not know what to keep: \
                restore the file, or move it aside to begin with the default policy alone
                """)
        } catch {
            throw ServiceError(.unavailable, "cannot read the retention policies: \(error)")
        }
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

    func get(_ request: GetRetentionRequest) -> GetRetentionResponse {
        GetRetentionResponse(
            retention: policies.retention(of: request.organizationID),
            oldestSequence: oldest(of: request.organizationID))
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
                oldestSequenceBefore: oldest(of: request.organizationID))
            if request.dryRun {
                response.oldestSequenceAfter = oldest(of: request.organizationID, under: after)
                return response
            }
            if after != before {
                try save(after)
                try enforce(after)
                current.withLock { $0 = after }
            }
            response.oldestSequenceAfter = oldest(of: request.organizationID)
            return response
        }
    }

    private func save(_ policies: RetentionPolicies) throws(ServiceError) {
        do throws(FileError) {
            try fileSystem.replace(path, with: policies.json)
        } catch {
            throw ServiceError(
                error.isDiskFull ? .exhausted : .unavailable,
                "the change could not be written to disk; nothing has changed", cause: error)
        }
    }

    private func oldest(of organizationID: String) -> Sequence {
        store.currentBounds(of: organizationID.isEmpty ? nil : Array(organizationID.utf8)).oldest
    }

    private func oldest(
        of organizationID: String, under policies: RetentionPolicies
    ) -> Sequence {
        store.oldest(
            of: organizationID.isEmpty ? nil : Array(organizationID.utf8), under: policies.rules,
            now: .now, uptime: .sinceStart)
    }
}
