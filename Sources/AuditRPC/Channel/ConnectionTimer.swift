import NIOCore

/// A timer that fires at the earliest time that somebody asked for. It may fire early, never late: whoever it wakes
/// finds out what is due, and asks again. What ends in time costs no timer of its own.
struct ConnectionTimer {
    private var next = NIODeadline.distantFuture
    private var callback: NIOScheduledCallback?

    mutating func fire(
        by deadline: NIODeadline, on loop: any EventLoop,
        _ handler: some NIOScheduledCallbackHandler
    ) {
        guard deadline < next else { return }
        next = deadline
        callback?.cancel()
        callback = try? loop.assumeIsolated().scheduleCallback(at: deadline, handler: handler)
    }

    /// The handler runs.
    mutating func hasFired() {
        next = .distantFuture
        callback = nil
    }

    mutating func cancel() {
        callback?.cancel()
        hasFired()
    }
}
