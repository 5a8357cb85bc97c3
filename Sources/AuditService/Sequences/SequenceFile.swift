import EventStore

/// The file that keeps what is known of sequences beside the events, `sequences.json`.
struct SequenceFile: Sendable {
    let path: String
    private let fileSystem: any FileSystem

    /// Bytes that are read of it: two hundred for each of a million organizations, and room.
    private static let bytesMax = 256 << 20

    init(in dataDirectory: String, fileSystem: any FileSystem = PosixFileSystem()) {
        path = dataDirectory + "/sequences.json"
        self.fileSystem = fileSystem
    }

    /// Nil without a file. Throws `unavailable` when it cannot be read.
    func text() throws(ServiceError) -> [UInt8]? {
        do throws(FileError) {
            return try fileSystem.contents(path, bytesMax: Self.bytesMax)
        } catch {
            throw ServiceError(.unavailable, "cannot read the sequences: \(error)")
        }
    }

    /// Nil without a file. Throws `unavailable`, for the operator, also when it cannot be understood.
    func read() throws(ServiceError) -> EndedSequences? {
        guard let text = try text() else { return nil }
        do throws(PolicyFileError) {
            return try EndedSequences(json: text)
        } catch {
            throw ServiceError(
                .unavailable,
                """
                \(path) is damaged: \(error.reason). Without it the server does not know which sequences it gave \
                to events that it has removed: restore the file, or move it aside to go on behind the newest place of \
                the log in every organization
                """)
        }
    }

    /// Durable once it returns.
    func write(_ ended: EndedSequences) throws(FileError) {
        try fileSystem.replace(path, with: ended.json)
    }
}
