import NIOPosix
import Synchronization

/// Threads for work that event loops must not wait for. Bounded twice: in threads, and in what waits for one.
final class WorkPool: Sendable {
    private let threads: NIOThreadPool
    private let waiting = Atomic<Int>(0)
    private let waitingMax: Int

    init(threads count: Int, waitingMax: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        self.waitingMax = waitingMax
        threads.start()
    }

    /// Runs work that answers by itself; `dropped` instead when the pool stops before its turn.
    /// False when too much waits already: neither will run.
    func submit(
        _ body: @escaping @Sendable () -> Void, dropped: @escaping @Sendable () -> Void
    ) -> Bool {
        guard waiting.add(1, ordering: .relaxed).newValue <= waitingMax else {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        threads.submit { [self] state in
            waiting.subtract(1, ordering: .relaxed)
            if case .active = state { body() } else { dropped() }
        }
        return true
    }

    func stop() async {
        try? await threads.shutdownGracefully()
    }
}
