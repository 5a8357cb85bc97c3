public import AuditModel

/// `auditrpc.v1.CreateSnapshotRequest`.
public struct CreateSnapshotRequest: Hashable, Sendable {
    /// An absolute path on the server's machine.
    public var directory: String

    public init(directory: String = "") {
        self.directory = directory
    }
}

/// `auditrpc.v1.CreateSnapshotResponse`.
public struct CreateSnapshotResponse: Hashable, Sendable {
    /// When it was begun, by the server's clock.
    public var createdAt: Timestamp?
    /// The first sequence that it stands for, and the newest.
    public var firstSequence: Sequence
    public var headSequence: Sequence
    public var eventCount: UInt64
    /// Logs and segments, and their bytes.
    public var fileCount: UInt32
    public var fileBytes: UInt64
    /// Files that share their space with the server's own, and copies.
    public var linkedFiles: UInt32
    public var copiedFiles: UInt32
    /// Of the event that tells of it; zero when it could not be stored.
    public var eventSequence: Sequence

    public init(
        createdAt: Timestamp? = nil, firstSequence: Sequence = .zero,
        headSequence: Sequence = .zero, eventCount: UInt64 = 0, fileCount: UInt32 = 0,
        fileBytes: UInt64 = 0, linkedFiles: UInt32 = 0, copiedFiles: UInt32 = 0,
        eventSequence: Sequence = .zero
    ) {
        self.createdAt = createdAt
        self.firstSequence = firstSequence
        self.headSequence = headSequence
        self.eventCount = eventCount
        self.fileCount = fileCount
        self.fileBytes = fileBytes
        self.linkedFiles = linkedFiles
        self.copiedFiles = copiedFiles
        self.eventSequence = eventSequence
    }
}
