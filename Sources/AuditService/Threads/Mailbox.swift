import Glibc

/// State that threads share and wait on: a lock with one condition.
///
/// `Synchronization.Mutex` has nothing to wait on, which a thread that sleeps until there is work
/// needs.
package final class Mailbox<State>: @unchecked Sendable {
    // @unchecked: `state` is touched only with `mutex` held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State
    /// Threads that sleep and have not been woken: waking them is a system call, made once.
    private var sleepers = 0

    package init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Changes the state and wakes the threads that wait on it. Costs no system call when none
    /// does.
    package func update<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer {
            let wake = sleepers > 0
            sleepers = 0
            pthread_mutex_unlock(mutex)
            if wake { pthread_cond_broadcast(condition) }
        }
        return try body(&state)
    }

    /// Sleeps until `body` gives a value.
    package func wait<Result>(until body: (inout State) -> sending Result?) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            sleepers += 1
            pthread_cond_wait(condition, mutex)
        }
    }
}
