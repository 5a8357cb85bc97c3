import Glibc

/// A thread that runs one body to its end, for work that blocks: the committer and the dispatcher.
///
/// Neither may run on an event loop or in Swift's own pool, where a thread that waits for a disk
/// holds up everything else.
package final class BackgroundThread: @unchecked Sendable {
    // @unchecked: `thread` is written in init alone, before the object is shared.
    private var thread = pthread_t()

    /// Starts the thread at once.
    package init(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(body))
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
