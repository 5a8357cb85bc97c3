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

/// The threads that may wait for the disk on behalf of queries and feeds: few, so that reads leave a core to recording.
final class ReadPool: Sendable {
    private let pool: WorkPool

    init(limits: ServiceLimits) {
        pool = WorkPool(threads: limits.readThreads, waitingMax: limits.waitingReadsMax)
    }

    /// See `WorkPool.submit`.
    func submit(
        _ body: @escaping @Sendable () -> Void, dropped: @escaping @Sendable () -> Void = {}
    ) -> Bool {
        pool.submit(body, dropped: dropped)
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

    func stop() async { await pool.stop() }
}
