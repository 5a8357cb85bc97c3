import Synchronization

/// A value that comes once, and that tasks wait for.
final class Latch<Value: Sendable>: Sendable {
    typealias Waiter = CheckedContinuation<Value?, Never>

    private struct State: ~Copyable {
        var value: Value?
        var waiters: [Int: Waiter] = [:]
        var waitersEver = 0
    }

    private let state = Mutex(State())

    /// Only the first value counts.
    func set(_ value: Value) {
        let waiters = state.withLock { state in
            if state.value == nil { state.value = value }
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// The value, as soon as it is there; nil when the task is cancelled before.
    func value() async -> Value? {
        let id = state.withLock { state in
            state.waitersEver += 1
            return state.waitersEver
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { add($0, id: id) }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
        }
    }

    private func add(_ waiter: Waiter, id: Int) {
        let ready = state.withLock { state -> Value?? in
            if let value = state.value { return .some(value) }
            // A cancelled task must not wait: its handler may have run already.
            if Task.isCancelled { return .some(nil) }
            state.waiters[id] = waiter
            return nil
        }
        if let ready { waiter.resume(returning: ready) }
    }
}
