import Synchronization

/// Tells tasks of a call that the server drains, or that the call has ended.
final class CallLifetime: Sendable {
    private enum Phase {
        case running
        case draining
        case ended
    }

    private struct State: ~Copyable {
        var phase = Phase.running
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var isDraining: Bool { state.withLock { $0.phase != .running } }

    func drain() {
        move(to: .draining)
    }

    func end() {
        move(to: .ended)
    }

    private func move(to phase: Phase) {
        let waiters = state.withLock { state in
            if state.phase != .ended { state.phase = phase }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Throws CancellationError when the call ended, or the task was cancelled, before the server drains.
    func waitForDrain() async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.phase == .running, !Task.isCancelled else { return false }
                    state.waiters.append(continuation)
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            wakeWaiters()
        }
        guard state.withLock({ $0.phase == .draining }) else { throw CancellationError() }
    }

    private func wakeWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
