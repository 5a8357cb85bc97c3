import Synchronization

/// What a command prints beside its work: who stops reading it (`auditrpc record | head`) does not
/// stop the work.
final class Receipts: Sendable {
    private let isRead = Mutex(true)
    private let write: @Sendable (String) throws -> Void

    init(write: @escaping @Sendable (String) throws -> Void = StandardStream.output.write) {
        self.write = write
    }

    /// Prints nothing once the reader has gone; throws any other fault.
    func print(_ text: String) throws {
        guard !text.isEmpty, isRead.withLock({ $0 }) else { return }
        do {
            try write(text)
        } catch is StandardStream.ReaderGone {
            isRead.withLock { $0 = false }
        }
    }
}
