import NIOPosix
import Synchronization

/// Says when a read should stop: its caller is gone, or its time is up.
package final class ReadControl: Sendable {
    private let cancelled = Atomic<Bool>(false)
    private let end: ContinuousClock.Instant

    package init(end: ContinuousClock.Instant) {
        self.end = end
    }

    func cancel() { cancelled.store(true, ordering: .relaxed) }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Nothing more should be begun: what is found so far is the answer.
    var isTimeUp: Bool { ContinuousClock.now >= end }
}

/// The threads that may wait for the disk on behalf of queries and feeds.
///
/// Bounded twice: in threads, so that reads leave a core to recording, and in reads that wait for
/// one.
final class ReadPool: Sendable {
    private let threads: NIOThreadPool
    private let waiting = Atomic<Int>(0)
    private let waitingMax: Int

    init(limits: ServiceLimits) {
        threads = NIOThreadPool(numberOfThreads: limits.readThreads)
        waitingMax = limits.waitingReadsMax
        threads.start()
    }

    /// Runs a read that answers by itself; `dropped` instead when the pool stops before its turn.
    /// False when too many wait already: neither will run.
    func submit(
        _ body: @escaping @Sendable () -> Void, dropped: @escaping @Sendable () -> Void = {}
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

    /// Runs a read and waits for it. Cancelling the task tells `control`.
    ///
    /// - Parameter end: when the read should stop with what it has.
    func run<Result: Sendable>(
        until end: ContinuousClock.Instant,
        _ body: @escaping @Sendable (ReadControl) throws(ServiceError) -> Result
    ) async throws -> Result {
        let control = ReadControl(end: end)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let taken = submit {
                    do throws(ServiceError) {
                        continuation.resume(returning: try body(control))
                    } catch {
                        continuation.resume(throwing: error)
                    }
                } dropped: {
                    continuation.resume(
                        throwing: ServiceError(.unavailable, "the server is shutting down"))
                }
                if !taken {
                    continuation.resume(
                        throwing: ServiceError(
                            .busy, "too many reads wait for the disk; try again later"))
                }
            }
        } onCancel: {
            control.cancel()
        }
    }

    func stop() async {
        try? await threads.shutdownGracefully()
    }
}
