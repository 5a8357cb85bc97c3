import Access
import EventStore

/// The file that keeps the API tokens, `tokens.json`.
struct TokenFile: Sendable {
    let path: String
    private let fileSystem: any FileSystem

    /// Bytes that are read of it: a thousand for each of as many tokens as there may be, and room.
    private static let bytesMax = 16 << 20

    init(in dataDirectory: String, fileSystem: any FileSystem = PosixFileSystem()) {
        path = dataDirectory + "/tokens.json"
        self.fileSystem = fileSystem
    }

    /// Nil without a file. Throws `unavailable` when it cannot be read, and when others may read it.
    func text() throws(ServiceError) -> [UInt8]? {
        if let refusal = SecretFile.refusal(of: path) { throw ServiceError(.unavailable, refusal) }
        do throws(FileError) {
            return try fileSystem.contents(path, bytesMax: Self.bytesMax)
        } catch {
            throw ServiceError(.unavailable, "cannot read the API tokens: \(error)")
        }
    }

    /// Nil without a file. Throws `unavailable`, for the operator, also when it cannot be understood.
    func book() throws(ServiceError) -> TokenBook? {
        guard let text = try text() else { return nil }
        do throws(AccessFileError) {
            return try TokenBook(json: text)
        } catch {
            throw ServiceError(
                .unavailable,
                """
                \(path) is damaged: \(error.reason). Without it the server does not know whom to let in: restore the \
                file, or move it aside to begin with a new operator token alone
                """)
        }
    }

    /// Durable once it returns.
    func write(_ book: TokenBook) throws(FileError) {
        try fileSystem.replace(path, with: book.json)
    }

    /// Nobody was told what is in it.
    func remove() throws(FileError) {
        try fileSystem.remove(path)
    }
}
