import Synchronization

/// Messages on their way from tasks to an event loop.
///
/// A writer that is ahead of the peer waits here. The loop is woken once for all that was written since it last
/// looked.
final class OutboundPipe: Sendable {
    typealias Waiter = CheckedContinuation<Void, Never>

    /// What the loop has to do.
    struct Work {
        var messages: [[UInt8]] = []
        /// Set once: how the writing side ended.
        var end: End?
    }

    enum End: Sendable {
        case finished
        /// A server's status.
        case status(RPCStatus, RPCMetadata)
    }

    private struct State: ~Copyable {
        var work = Work()
        var byteCount = 0
        var isScheduled = false
        var hasEnded = false
        /// The call's own queue is above its high watermark.
        var isBlocked = false
        var closed: RPCError?
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())
    private let highWatermarkBytes: Int

    init(highWatermarkBytes: Int) {
        self.highWatermarkBytes = highWatermarkBytes
    }

    /// Queues a message, then waits while too much is queued. Throws the status of a call that is over. `wakeLoop` is
    /// called when the loop must `take` soon.
    func write(_ message: [UInt8], wakeLoop: () -> Void) async throws(RPCError) {
        let (mustWake, mustWait) = try enqueue(message)
        if mustWake { wakeLoop() }
        guard mustWait else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { wait(with: $0) }
        } onCancel: {
            releaseWaiters()
        }
        try state.withLock { state throws(RPCError) in
            if let closed = state.closed { throw closed }
        }
        if Task.isCancelled {
            throw RPCError(.cancelled, "the task that writes the messages was cancelled")
        }
    }

    private func enqueue(
        _ message: [UInt8]
    ) throws(RPCError) -> (mustWake: Bool, mustWait: Bool) {
        try state.withLock { state throws(RPCError) in
            if let closed = state.closed { throw closed }
            guard !state.hasEnded else {
                throw RPCError(.failedPrecondition, "a message was written after the last one")
            }
            state.work.messages.append(message)
            state.byteCount += message.count
            defer { state.isScheduled = true }
            return (!state.isScheduled, isAhead(state))
        }
    }

    private func isAhead(_ state: borrowing State) -> Bool {
        state.isBlocked || state.byteCount >= highWatermarkBytes
    }

    private func wait(with waiter: Waiter) {
        let mustWait = state.withLock { state in
            // A cancelled task must not wait: its handler may have run already.
            guard isAhead(state), state.closed == nil, !Task.isCancelled else { return false }
            state.waiters.append(waiter)
            return true
        }
        if !mustWait { waiter.resume() }
    }

    private func releaseWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Nothing follows. Only the first end counts.
    func finish(_ end: End, last message: [UInt8]? = nil, wakeLoop: () -> Void) {
        let mustWake = state.withLock { state in
            guard !state.hasEnded, state.closed == nil else { return false }
            state.hasEnded = true
            if let message { state.work.messages.append(message) }
            state.work.end = end
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustWake { wakeLoop() }
    }

    // MARK: The loop's side

    /// Everything that was written since the last time.
    func take() -> Work {
        state.withLock { state in
            defer {
                state.work = Work()
                state.byteCount = 0
                state.isScheduled = false
            }
            return state.work
        }
    }

    /// Whether the call's own queue is full; writers wait while it is.
    func setBlocked(_ isBlocked: Bool) {
        let changed = state.withLock { state in
            defer { state.isBlocked = isBlocked }
            return !isBlocked && !state.waiters.isEmpty
        }
        if changed { releaseWaiters() }
    }

    /// The call is over: writers get the error.
    func close(_ error: RPCError) {
        state.withLock { state in
            if state.closed == nil { state.closed = error }
            state.work = Work()
        }
        releaseWaiters()
    }
}
