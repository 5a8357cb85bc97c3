import Synchronization

/// Messages on their way from tasks to an event loop.
///
/// A writer that is ahead of the peer waits here. The loop is woken once for all that was written since it last
/// looked.
final class OutboundPipe: Sendable {
    typealias Waiter = CheckedContinuation<Void, Never>

    struct Message {
        var bytes: [UInt8]
        /// False: it goes as it is, although the call compresses its messages.
        var compress: Bool
    }

    /// What the loop has to do, in this order.
    struct Work {
        var enablesCompression = false
        /// A server's, before its first message.
        var initialMetadata: RPCMetadata?
        var messages: [Message] = []
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
        /// A message was written, or the initial metadata.
        var hasBegun = false
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
    func write(
        _ message: [UInt8], compress: Bool, wakeLoop: () -> Void
    ) async throws(RPCError) {
        let (mustWake, mustWait) = try enqueue(Message(bytes: message, compress: compress))
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
        _ message: Message
    ) throws(RPCError) -> (mustWake: Bool, mustWait: Bool) {
        try state.withLock { state throws(RPCError) in
            if let closed = state.closed { throw closed }
            guard !state.hasEnded else {
                throw RPCError(.failedPrecondition, "a message was written after the last one")
            }
            state.work.messages.append(message)
            state.byteCount += message.bytes.count
            state.hasBegun = true
            defer { state.isScheduled = true }
            return (!state.isScheduled, isAhead(state))
        }
    }

    /// Has the messages that follow compressed.
    func enableCompression() {
        state.withLock { $0.work.enablesCompression = true }
    }

    /// Sends `metadata` before the first message; throws when it comes too late, or the call is over.
    func sendInitialMetadata(
        _ metadata: RPCMetadata, wakeLoop: () -> Void
    ) throws(RPCError) {
        let mustWake = try state.withLock { state throws(RPCError) in
            if let closed = state.closed { throw closed }
            guard !state.hasBegun, !state.hasEnded else {
                throw RPCError(
                    .failedPrecondition, "initial metadata comes once, before the first message")
            }
            state.work.initialMetadata = metadata
            state.hasBegun = true
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustWake { wakeLoop() }
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
            if let message {
                state.work.messages.append(Message(bytes: message, compress: true))
            }
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
