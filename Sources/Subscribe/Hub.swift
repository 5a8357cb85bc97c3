package import AuditModel
package import Codec
import Synchronization

/// One subscription at the hub; never used twice.
package struct SubscriptionID: Hashable, Sendable {
    var rawValue: UInt64
}

/// A subscription that has something to do, with the position up to which nothing waits for it.
package struct HubWake<Waker: Sendable>: Sendable {
    package var subscription: SubscriptionID
    package var waker: Waker
    package var position: Sequence
}

/// The meeting point of the committer, who publishes, and the subscriptions, who read: the ring,
/// and who waits for what.
///
/// `publish` only appends to the ring. Matching and waking happen in `dispatch`, on a thread of the
/// hub's owner, so that the committer never waits for a subscriber or a filter. `Waker` is whatever
/// the owner needs to reach a subscription.
package final class Hub<Waker: Sendable>: Sendable {
    private let limits: FeedLimits
    private let ring: Mutex<Ring>
    private let state: Mutex<Waiting>
    /// A copy of the state's count, so that the committer needs no lock that a subscription holds.
    private let waitingCount = Atomic<Int>(0)
    private let filtersAsked = Atomic<Int>(0)

    private struct Ring {
        var buffer: RingBuffer
        var head: Sequence
    }

    private struct Waiting {
        var hub: HubState<Waker>
        var lastID: UInt64 = 0
    }

    /// `head` is the newest sequence stored before: what is published continues it.
    package init(limits: FeedLimits = FeedLimits(), head: Sequence) {
        self.limits = limits
        let buffer = RingBuffer(eventsMax: limits.ringEventsMax, bytesMax: limits.ringBytesMax)
        ring = Mutex(Ring(buffer: buffer, head: head))
        state = Mutex(Waiting(hub: HubState(head: head)))
    }

    /// The newest sequence published, and the oldest that the ring holds.
    package var bounds: (head: Sequence, ringFirst: Sequence?) {
        ring.withLock { ($0.head, $0.buffer.first) }
    }

    /// Subscriptions registered.
    package var subscriptionCount: Int {
        state.withLock { $0.hub.members.count }
    }

    /// Makes a stored batch visible to the subscriptions. True when somebody waits, so that a
    /// `dispatch` is due.
    package func publish(_ batch: EventBatch) -> Bool {
        ring.withLock {
            $0.buffer.append(batch)
            $0.head = batch.lastSequence
        }
        return waitingCount.load(ordering: .sequentiallyConsistent) > 0
    }

    /// The batch that holds `sequence`, when the ring still does.
    package func batch(containing sequence: Sequence) -> EventBatch? {
        ring.withLock { $0.buffer.batch(containing: sequence) }
    }

    /// Where every subscription stands.
    package var readings: [SubscriptionGauge.Reading] {
        state.withLock { $0.hub.readings }
    }

    /// How often a filter was asked about an event by `dispatch`: what matching has cost so far.
    package var filtersAskedCount: Int { filtersAsked.load(ordering: .relaxed) }

    /// Registers a subscription, busy at first. Nil when there are too many.
    ///
    /// - Parameter gauge: says where it stands while it is busy.
    package func subscribe(
        _ filter: CompiledFilter, waker: Waker,
        gauge: SubscriptionGauge = SubscriptionGauge(position: .zero)
    ) -> SubscriptionID? {
        state.withLock { state in
            guard state.hub.members.count < limits.subscriptionsMax else { return nil }
            state.lastID += 1
            let id = SubscriptionID(rawValue: state.lastID)
            state.hub.add(id, filter: filter, waker: waker, gauge: gauge)
            return id
        }
    }

    package func unsubscribe(_ id: SubscriptionID) {
        changeWaiting { $0.remove(id) }
    }

    /// Asks for one wake-up by what matches behind `position`. False when there may be something
    /// already: look again.
    package func wait(_ id: SubscriptionID, after position: Sequence) -> Bool {
        let head = bounds.head
        guard changeWaiting({ $0.wait(id, after: position, head: head) }) else { return false }
        // A batch that was published before the wait began, while nobody waited, was not announced
        // to the dispatcher.
        guard bounds.head > position else { return true }
        changeWaiting { _ = $0.stopWaiting(id) }
        return false
    }

    /// The position up to which nothing matches a subscription that waits; nil when it does not.
    package func position(of id: SubscriptionID) -> Sequence? {
        state.withLock { $0.hub.position(of: id) }
    }

    /// Ends the wait of a subscription, if it waits; gives the position up to which nothing matched
    /// it.
    package func stopWaiting(_ id: SubscriptionID) -> Sequence? {
        changeWaiting { $0.stopWaiting(id) }
    }

    /// Matches what was published since the last call and gives the subscriptions to wake. One
    /// thread at a time.
    package func dispatch() -> [HubWake<Waker>] {
        var wakes: [HubWake<Waker>] = []
        while true {
            let wanted = state.withLock { $0.hub.matchedThrough.next }
            let (batch, oldest) = ring.withLock {
                ($0.buffer.batch(containing: wanted), $0.buffer.first)
            }
            if let batch {
                let matches = match(batch)
                wakes += changeWaiting { $0.wake(matches, through: batch.lastSequence) }
            } else if let oldest, oldest > wanted {
                wakes += changeWaiting { $0.skip(through: oldest.previous) }
            } else {
                return wakes
            }
        }
    }

    /// The groups that the batch concerns. No lock is held while its bytes are read and filters
    /// work: a wait that begins meanwhile finds the batch in the ring by itself.
    private func match(_ batch: EventBatch) -> [HubProbe.Match] {
        var probe = HubProbe(batch)
        let organizations = probe.distinctOrganizations
        let (each, all, sieve) = state.withLock { state in
            let (each, all) = state.hub.interests(in: organizations)
            return (each, all, state.hub.index.sieve)
        }
        guard !each.isEmpty || all != nil else { return [] }
        probe.look(for: each, inAll: all, sieve)
        state.withLock { state in
            probe.take { state.hub.candidates(under: $0) }
        }
        let matches = probe.match()
        filtersAsked.add(probe.filtersAsked, ordering: .relaxed)
        return matches
    }

    /// Changes the state and keeps the copy of its count true.
    private func changeWaiting<Result>(
        _ body: (inout HubState<Waker>) -> sending Result
    ) -> sending Result {
        state.withLock { state in
            let result = body(&state.hub)
            waitingCount.store(state.hub.waitingCount, ordering: .sequentiallyConsistent)
            return result
        }
    }
}
