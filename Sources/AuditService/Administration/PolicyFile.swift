import EventStore

/// The file that keeps the policies, `policies.json`.
struct PolicyFile: Sendable {
    let path: String
    private let fileSystem: any FileSystem

    /// Bytes that are read of it: a hundred bytes for each of as many as there may be, and room.
    private static let bytesMax = 64 << 20

    init(in dataDirectory: String, fileSystem: any FileSystem = PosixFileSystem()) {
        path = dataDirectory + "/policies.json"
        self.fileSystem = fileSystem
    }

    /// What the file says, or the default alone without one.
    ///
    /// - Parameter configured: the default policy as long as nobody set another.
    ///
    /// Throws `unavailable`, for the operator, when it cannot be read or understood.
    func policies(configured: Duration?) throws(ServiceError) -> RetentionPolicies {
        guard let text = try text() else { return RetentionPolicies(configured: configured) }
        do throws(PolicyFileError) {
            return try RetentionPolicies(json: text, configured: configured)
        } catch {
            throw ServiceError(
                .unavailable,
                """
                \(path) is damaged: \(error.reason). Without it the server does not know what to keep: \
                restore the file, or move it aside to begin with the default policy alone
                """)
        }
    }

    /// Nil without a file. Throws `unavailable` when it cannot be read.
    func text() throws(ServiceError) -> [UInt8]? {
        do throws(FileError) {
            return try fileSystem.contents(path, bytesMax: Self.bytesMax)
        } catch {
            throw ServiceError(.unavailable, "cannot read the retention policies: \(error)")
        }
    }

    /// Durable once it returns.
    func write(_ policies: RetentionPolicies) throws(FileError) {
        try fileSystem.replace(path, with: policies.json)
    }
}
