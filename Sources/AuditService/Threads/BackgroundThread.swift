import CThreads
import Glibc

/// A thread that runs one body to its end, for work that blocks: the committer and the dispatcher.
///
/// None of it may run on an event loop or in Swift's own pool, where a thread that waits for a disk
/// holds up everything else.
package final class BackgroundThread: @unchecked Sendable {
    // @unchecked: `thread` is written in init alone, before the object is shared.
    private var thread = pthread_t()

    /// Who goes first when there are fewer cores than threads with work.
    package enum Priority: Sendable {
        case usual
        /// Of work that nobody waits for: a thread of usual priority that wakes up takes its core at once,
        /// and it gets about a third of another's time while both are busy.
        case low

        /// What it adds to the niceness of the process.
        fileprivate var niceness: Int32 {
            switch self {
            case .usual: 0
            case .low: 5
            }
        }
    }

    /// Starts the thread at once.
    ///
    /// - Parameter name: what the system's tools show; 15 bytes at most.
    package init(
        _ name: StaticString, priority: Priority = .usual,
        _ body: @escaping @Sendable () -> Void
    ) {
        precondition(name.utf8CodeUnitCount <= 15, "the system takes no longer name")
        let start = Unmanaged.passRetained(
            Start {
                pthread_setname_np(pthread_self(), name.description)
                // On Linux that of the calling thread alone. To lower a priority is always allowed.
                _ = nice(priority.niceness)
                body()
            })
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.body()
                return nil
            }, start.toOpaque())
        precondition(result == 0, "the system gives no thread: error \(result)")
    }

    /// Waits until the body has returned. Call it once.
    package func join() {
        pthread_join(thread, nil)
    }

    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
