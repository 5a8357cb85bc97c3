import Access
import EventStore

/// The file that keeps the quotas, `quotas.json`.
struct QuotaFile: Sendable {
    let path: String
    private let fileSystem: any FileSystem

    /// Bytes that are read of it: five hundred for each of as many as there may be, and room.
    private static let bytesMax = 64 << 20

    init(in dataDirectory: String, fileSystem: any FileSystem = PosixFileSystem()) {
        path = dataDirectory + "/quotas.json"
        self.fileSystem = fileSystem
    }

    /// Nil without a file. Throws `unavailable` when it cannot be read.
    func text() throws(ServiceError) -> [UInt8]? {
        do throws(FileError) {
            return try fileSystem.contents(path, bytesMax: Self.bytesMax)
        } catch {
            throw ServiceError(.unavailable, "cannot read the quotas: \(error)")
        }
    }

    /// What the file says, or no quota without one. Throws `unavailable`, for the operator, also when it cannot be
    /// understood.
    func book() throws(ServiceError) -> QuotaBook {
        guard let text = try text() else { return QuotaBook() }
        do throws(AccessFileError) {
            return try QuotaBook(json: text)
        } catch {
            throw ServiceError(
                .unavailable,
                """
                \(path) is damaged: \(error.reason). Without it the server does not know who may take how much: \
                restore the file, or move it aside to begin without quotas
                """)
        }
    }

    /// Durable once it returns.
    func write(_ book: QuotaBook) throws(FileError) {
        try fileSystem.replace(path, with: book.json)
    }
}
