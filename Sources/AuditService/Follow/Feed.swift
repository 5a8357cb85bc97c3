import AuditModel
import Codec
import EventStore
import Subscribe

/// What the subscriptions of a server share: the hub, the disk behind it, and the thread that wakes
/// them.
///
/// `Waker` names a subscription from any thread.
final class Feed<Waker: Sendable>: Sendable {
    let hub: Hub<Waker>
    let limits: ServiceLimits
    private let store: EventStore
    private let reads: ReadPool
    private let due: Mailbox<Due>
    private let dispatcher: BackgroundThread

    private struct Due {
        var isDue = false
        var ended = false

        /// Nil when there is nothing to do; false at the end.
        mutating func take() -> Bool? {
            if isDue {
                isDue = false
                return true
            }
            return ended ? false : nil
        }
    }

    /// - Parameter woken: called with the subscriptions that have something to do; on the dispatcher's thread.
    init(
        store: EventStore, reads: ReadPool, limits: ServiceLimits, feedLimits: FeedLimits,
        woken: @escaping @Sendable ([HubWake<Waker>]) -> Void
    ) {
        self.store = store
        self.reads = reads
        self.limits = limits
        let hub = Hub<Waker>(limits: feedLimits, head: store.bounds.head)
        let due = Mailbox(Due())
        self.hub = hub
        self.due = due
        dispatcher = BackgroundThread {
            while due.wait(until: { $0.take() }) {
                let wakes = hub.dispatch()
                if !wakes.isEmpty { woken(wakes) }
            }
        }
    }

    /// Called by the committer after each sync.
    func publish(_ batch: EventBatch) {
        if hub.publish(batch) { due.update { $0.isDue = true } }
    }

    /// Where things stand, for the next step of a subscription to an organization, or to all, that has
    /// come to a position.
    ///
    /// The order of the reads matters: the head is taken first, so that everything up to it is on
    /// disk, in the ring, or gone.
    func stored(
        of organization: [UInt8]?, after position: Sequence
    ) -> FollowMachine.Stored {
        let (head, ringFirst) = hub.bounds
        return FollowMachine.Stored(
            oldest: store.bounds(of: organization).oldest, head: head, ringFirst: ringFirst,
            skipped: store.skipped(atOrAfter: position.next))
    }

    /// The newest sequence that anybody may have heard of: a reader of the disk may be a moment
    /// ahead of the ring.
    var head: Sequence { store.bounds.head }

    /// Finds the position before everything kept that was recorded at or after `time`, on a reading
    /// thread; `done` is called there. False when too many reads wait.
    func findStart(
        of organization: [UInt8]?, since time: Timestamp,
        done: @escaping @Sendable (Result<Sequence, ServiceError>) -> Void
    ) -> Bool {
        reads.submit { [store] in
            do throws(StoreError) {
                let first = try store.firstSequence(recordedSince: time)
                done(.success(max(first, store.bounds(of: organization).oldest).previous))
            } catch {
                done(.failure(ServiceError(error)))
            }
        }
    }

    /// A look at the ring, on the caller's thread; nil when the ring has moved past `position`
    /// meanwhile.
    func readRing(_ filter: CompiledFilter, after position: Sequence) -> FeedPortion? {
        var packer = FeedPacker(
            filter: filter, visibility: store.visibility, after: position,
            messageBytesMax: limits.feedMessageBytesMax)
        var found = false
        while packer.looked < limits.feedScanEventsMax,
            packer.lookedBytes < limits.feedScanBytesMax,
            let batch = hub.batch(containing: packer.portion.through.next)
        {
            found = true
            guard packer.add(batch, bytesMax: limits.feedMessageBytesMax) else { break }
        }
        return found ? packer.finish() : nil
    }

    /// A look at the disk, on a reading thread; `done` is called there. False when too many reads
    /// wait.
    func readDisk(
        _ filter: CompiledFilter, after position: Sequence,
        done: @escaping @Sendable (FeedReading) -> Void
    ) -> Bool {
        let reader = FeedReader(store: store, limits: limits)
        return reads.submit { done(reader.read(filter, after: position)) }
    }

    func stop() {
        due.update { $0.ended = true }
        dispatcher.join()
    }
}
