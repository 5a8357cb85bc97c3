import Synchronization

/// Messages on their way from an event loop to one task.
///
/// The loop never waits: it is told when enough lies here that it should stop reading, and the reader says when that
/// is over.
final class InboundPipe: Sendable {
    private enum End {
        case finished
        case failed(RPCError)
    }

    private struct Message {
        var bytes: [UInt8]
        var wasCompressed: Bool
    }

    private struct State: ~Copyable {
        var messages: [Message] = []
        var head = 0
        var byteCount = 0
        var end: End?
        var isFull = false
        var lastWasCompressed = false
        var reader: CheckedContinuation<Result<[UInt8]?, RPCError>, Never>?
    }

    private let state = Mutex(State())
    private let highWatermarkBytes: Int
    private static let cancelled = RPCError(
        .cancelled, "the task that reads the messages was cancelled")
    /// A message costs this much even when it is empty, so that empty ones cannot pile up.
    private static let messageOverheadBytes = 64

    init(highWatermarkBytes: Int) {
        self.highWatermarkBytes = highWatermarkBytes
    }

    /// What the messages that lie here take.
    var byteCount: Int { state.withLock { $0.byteCount } }

    /// Whether the message that `next` gave last came compressed.
    var lastWasCompressed: Bool { state.withLock { $0.lastWasCompressed } }

    /// True when the sender should pause until `next` asks it to go on.
    func push(_ message: [UInt8], wasCompressed: Bool) -> Bool {
        let (reader, isFull) = state.withLock { state in
            if let reader = state.reader {
                state.reader = nil
                state.lastWasCompressed = wasCompressed
                return (Optional(reader), false)
            }
            state.messages.append(Message(bytes: message, wasCompressed: wasCompressed))
            state.byteCount += message.count + Self.messageOverheadBytes
            if state.byteCount >= highWatermarkBytes { state.isFull = true }
            return (nil, state.isFull)
        }
        reader?.resume(returning: .success(message))
        return isFull
    }

    /// The reader gets what lies here, and then the end.
    func finish() {
        end(.finished)
    }

    /// The reader gets what lies here, and then the error.
    func finish(throwing error: RPCError) {
        end(.failed(error))
    }

    /// The reader gets the error next; what lies here is dropped.
    func fail(_ error: RPCError) {
        end(.failed(error), droppingMessages: true)
    }

    private func end(_ end: End, droppingMessages: Bool = false) {
        let reader = state.withLock { state in
            guard state.end == nil else {
                return nil as CheckedContinuation<Result<[UInt8]?, RPCError>, Never>?
            }
            state.end = end
            if droppingMessages {
                state.messages = []
                state.head = 0
                state.byteCount = 0
            }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: Self.result(of: end))
    }

    private static func result(of end: End) -> Result<[UInt8]?, RPCError> {
        switch end {
        case .finished: .success(nil)
        case .failed(let error): .failure(error)
        }
    }

    /// The next message; nil at the end. Calls `goOn` when a sender that was told to pause may go on.
    ///
    /// Throws CANCELLED in a task that is cancelled, also while messages lie here: a reader who is always behind would
    /// never find none.
    func next(goOn: () -> Void) async throws(RPCError) -> [UInt8]? {
        if Task.isCancelled { fail(Self.cancelled) }
        let (ready, shouldGoOn) = take()
        if shouldGoOn { goOn() }
        if let ready { return try ready.get() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(with: continuation)
            }
        } onCancel: {
            fail(Self.cancelled)
        }
        return try result.get()
    }

    private func wait(
        with continuation: CheckedContinuation<Result<[UInt8]?, RPCError>, Never>
    ) {
        let ready = state.withLock { state in
            let ready = Self.pop(&state)
            if ready == nil {
                precondition(state.reader == nil, "a stream of messages has one reader")
                state.reader = continuation
            }
            return ready
        }
        if let ready { continuation.resume(returning: ready) }
    }

    private func take() -> (Result<[UInt8]?, RPCError>?, shouldGoOn: Bool) {
        state.withLock { state in
            let ready = Self.pop(&state)
            guard state.isFull, state.byteCount <= highWatermarkBytes / 2 else {
                return (ready, false)
            }
            state.isFull = false
            return (ready, true)
        }
    }

    private static func pop(_ state: inout State) -> Result<[UInt8]?, RPCError>? {
        guard state.head < state.messages.count else {
            return state.end.map { result(of: $0) }
        }
        let message = state.messages[state.head]
        state.messages[state.head].bytes = []
        state.head += 1
        if state.head == state.messages.count {
            state.messages.removeAll(keepingCapacity: true)
            state.head = 0
        }
        state.byteCount -= message.bytes.count + messageOverheadBytes
        state.lastWasCompressed = message.wasCompressed
        return .success(message.bytes)
    }
}
