package import EventStore
import Synchronization

/// The thread that indexes what was recorded, so that searches find it without looking at each event.
///
/// Begins with what a restart has to index anew; then wakes whenever enough was recorded. What is
/// less, the next search indexes by itself.
package final class Indexer: Sendable {
    private let shared: Shared
    private let thread: BackgroundThread

    private final class Shared: Sendable {
        /// Events since the thread last went to work: an atomic, so that the committer pays a system
        /// call only when there is enough to do.
        let waiting = Atomic<Int>(0)
        let hasEnded = Atomic<Bool>(false)
        /// Whether there is enough to do.
        let isDue = Mailbox(true)

        /// False at the end.
        func waitForWork() -> Bool {
            isDue.wait { isDue -> Void? in
                guard isDue else { return nil }
                isDue = false
                return ()
            }
            waiting.store(0, ordering: .relaxed)
            return goesOn
        }

        var goesOn: Bool { !hasEnded.load(ordering: .relaxed) }

        func wake() { isDue.update { $0 = true } }
    }

    package init(store: EventStore) {
        let shared = Shared()
        self.shared = shared
        thread = BackgroundThread("indexer", priority: .low) {
            while shared.waitForWork() { store.indexLogs { shared.goesOn } }
        }
    }

    /// Events were committed. Waits for nothing.
    package func recorded(_ events: Int) {
        let waiting = shared.waiting.add(events, ordering: .relaxed).newValue
        guard waiting >= Limits.indexedBySearchMax,
            waiting - events < Limits.indexedBySearchMax
        else { return }
        shared.wake()
    }

    /// Ends the thread between two blocks of a log. Call it once.
    package func stop() {
        shared.hasEnded.store(true, ordering: .relaxed)
        shared.wake()
        thread.join()
    }
}
