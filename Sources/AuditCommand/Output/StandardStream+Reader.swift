import AuditClient
import Glibc

extension StandardStream {
    /// Runs `body`, and cancels it when nobody reads this stream any more, which is no error: work
    /// that has nothing to write would not notice.
    func whileRead(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return false
            }
            group.addTask {
                await waitUntilReaderHasGone()
                return true
            }
            let hasGone = try await group.next() ?? false
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch let error as AuditClientError where hasGone && error.code == .cancelled {
                // What a body ends with that was told to.
            }
        }
    }

    /// Returns when the reader of a pipe or a socket has gone, or when the task is cancelled.
    private func waitUntilReaderHasGone() async {
        while !hasLostReader {
            do { try await Task.sleep(for: Limits.readerCheckInterval) } catch { return }
        }
    }

    /// A file or a terminal always has a reader.
    private var hasLostReader: Bool {
        var stream = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&stream, 1, 0) > 0 && Int32(stream.revents) & (POLLERR | POLLHUP) != 0
    }
}
