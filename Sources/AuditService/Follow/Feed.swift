import AuditModel
import Codec
import EventStore
import Subscribe
import Synchronization

/// What the subscriptions of a server share: the hub, the disk behind it, what is made for each
/// filter, and the threads that wake and read for them.
///
/// `Waker` names a subscription from any thread.
final class Feed<Waker: Sendable>: Sendable {
    let hub: Hub<Waker>
    let limits: ServiceLimits
    let counters = FeedCounters()
    let ready: ReadyBudget
    let sequences: SequenceBook
    private let store: EventStore
    private let seal: FeedSeal
    private let groups = FeedGroups()
    private let cache: SharedPortions
    private let catchUp: CatchUp
    private let due: Mailbox<Due>
    private let dispatcher: BackgroundThread

    /// A class, so that the threads have it too.
    private final class SharedPortions: Sendable {
        let portions: Mutex<PortionCache>

        init(bytesMax: Int) {
            portions = Mutex(PortionCache(bytesMax: bytesMax))
        }
    }

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

    /// - Parameters:
    ///   - seal: makes what is sent of encoded messages.
    ///   - report: told of damage, once for each reading that finds it; on the reading thread.
    ///   - woken: called with the subscriptions that have something to do; on the dispatcher's thread.
    init(
        store: EventStore, sequences: SequenceBook, limits: ServiceLimits, feedLimits: FeedLimits,
        seal: @escaping FeedSeal,
        report: @escaping @Sendable (ServiceError) -> Void = { _ in },
        woken: @escaping @Sendable ([HubWake<Waker>]) -> Void
    ) {
        self.store = store
        self.sequences = sequences
        self.seal = seal
        self.limits = limits
        ready = ReadyBudget(bytesMax: limits.feedReadyBytesMax)
        let hub = Hub<Waker>(limits: feedLimits, head: store.bounds.head)
        let due = Mailbox(Due())
        self.hub = hub
        self.due = due
        let cache = SharedPortions(bytesMax: limits.feedCacheBytesMax)
        self.cache = cache
        let reader = FeedReader(
            store: store, sequences: sequences, limits: limits, seal: seal)
        let read: CatchUp.Read = { [counters] group, position, control in
            let reading = reader.read(
                group, after: position, control, sharing: cache.portions, counters)
            if case .damage(_, let error) = reading { report(error) }
            return reading
        }
        catchUp = CatchUp(limits: limits, head: { hub.bounds.head }, read: read)
        dispatcher = BackgroundThread("dispatcher") {
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

    /// The group of a filter, with one member more until `leave`.
    func join(_ plan: SearchPlan) -> FeedGroup { groups.join(plan) }

    func leave(_ group: FeedGroup) { groups.leave(group) }

    /// Bytes of messages that are kept to be shared.
    var cachedBytes: Int { cache.portions.withLock { $0.bytes } }

    /// Filters that somebody follows.
    var groupCount: Int { groups.count }

    /// A position before the one that `findStart` will find, without a look at the disk.
    func earliestStart(of organization: [UInt8]?, since time: Timestamp) -> Sequence {
        max(
            store.earliestSequence(recordedSince: time), store.bounds(of: organization).oldest
        ).previous
    }

    /// Finds where everything kept that was recorded at or after `time` begins, on the reading thread; `done` is called
    /// there, unless the wait is cancelled before.
    func findStart(
        of organization: [UInt8]?, since time: Timestamp,
        done: @escaping @Sendable (Result<FeedStart, ServiceError>) -> Void
    ) -> FeedWait<Result<FeedStart, ServiceError>> {
        look(
            { feed throws(ServiceError) in
                let first: Sequence
                do throws(StoreError) {
                    first = try feed.store.firstSequence(recordedSince: time)
                } catch {
                    throw ServiceError(error)
                }
                let place = max(first, feed.store.bounds(of: organization).oldest).previous
                return FeedStart(
                    place: place,
                    sequence: try feed.reader(of: organization).sequence(through: place))
            }, done: done)
    }

    /// Finds something on the reading thread; `done` is called there, unless the wait is cancelled before.
    func look<Found: Sendable>(
        _ find: @escaping @Sendable (Feed) throws(ServiceError) -> Found,
        done: @escaping @Sendable (Result<Found, ServiceError>) -> Void
    ) -> FeedWait<Result<Found, ServiceError>> {
        catchUp.look({ Result { () throws(ServiceError) in try find(self) } }, done: done)
    }

    // MARK: What readers see

    func reader(of organization: [UInt8]?) -> ReaderSequences {
        ReaderSequences(store: store, book: sequences, organization: organization)
    }

    /// What a reader sees as the sequence of a place that he has come to; nil when it must be looked for.
    func sequence(at place: Sequence, of organization: [UInt8]?) -> Sequence? {
        guard let organization else { return place }
        guard let newest = sequences.knownNewest(of: organization) else { return nil }
        if newest.place <= place { return newest.sequence }
        // More of the organization is being recorded right now.
        return lastInRing(of: organization, through: place) { _ in true }?.sequence
    }

    /// The newest event of an organization among the last few of the ring up to `place` that `isWanted`; nil when
    /// none of them is.
    func lastInRing(
        of organization: [UInt8], through place: Sequence,
        where isWanted: (_ sequence: Sequence) -> Bool
    ) -> (sequence: Sequence, place: Sequence)? {
        var next = place
        var looked = 0
        while looked < ServiceLimits.feedRingLooksMax, let batch = hub.batch(containing: next) {
            let last = Int(next.rawValue - batch.firstSequence.rawValue)
            for index in (0...last).reversed() {
                let found = batch.withEvent(at: index) { event -> (Sequence, Sequence)? in
                    guard event.organization.elementsEqual(organization) else { return nil }
                    let sequence = event.ownSequence
                    return isWanted(sequence) ? (sequence, event.sequence) : nil
                }
                if let found { return found }
            }
            looked += last + 1
            next = batch.firstSequence.previous
        }
        return nil
    }

    /// What lies around places that are gone, without a look at the disk; nil when it must be looked for.
    func knownBorder(
        of places: SequenceRange, in organization: [UInt8]?
    ) -> FeedBorder? {
        guard let organization else { return FeedBorder(before: nil, next: places.last.next) }
        guard let before = sequence(at: places.first.previous, of: organization),
            let next = sequences.knownOldest(of: organization, from: places.last.next)
        else { return nil }
        return FeedBorder(before: before, next: next)
    }

    /// Likewise, with a look at the disk.
    func findBorder(
        of places: SequenceRange, in organization: [UInt8]?,
        done: @escaping @Sendable (Result<FeedBorder, ServiceError>) -> Void
    ) -> FeedWait<Result<FeedBorder, ServiceError>> {
        look(
            { feed throws(ServiceError) in
                let reader = feed.reader(of: organization)
                return FeedBorder(
                    before: try reader.lastSequence(through: places.first.previous),
                    next: try reader.sequence(from: places.last.next))
            }, done: done)
    }

    /// What the ring has for a group behind `position`, on the caller's thread; nil when the ring has
    /// moved past it meanwhile.
    func readRing(_ group: FeedGroup, after position: Sequence) -> FeedPortion? {
        let visibility = store.visibility
        guard group.mayShare(after: position, visibility) else {
            return pack(group, after: position, through: nil, visibility)
        }
        return group.portion(after: position, head: hub.bounds.head, in: cache.portions) { last in
            pack(group, after: position, through: last, visibility)
        }
    }

    private func pack(
        _ group: FeedGroup, after position: Sequence, through last: Sequence?,
        _ visibility: Visibility
    ) -> FeedPortion? {
        var packer = RingPacker(
            group.filter, visibility, limits, seal, after: position, through: last)
        while packer.goesOn, let batch = hub.batch(containing: packer.through.next) {
            packer.add(batch)
        }
        guard packer.hasLooked else { return nil }
        let portion = packer.finish()
        if portion.message != nil { counters.countPacked() }
        return portion
    }

    /// What the disk has for a group behind `position`: at once what another subscription with the
    /// same filter has read, or `done` is called on the reading thread when its turn has come, unless
    /// the wait is cancelled before.
    func readDisk(
        _ group: FeedGroup, after position: Sequence,
        done: @escaping @Sendable (FeedReading) -> Void
    ) -> DiskLook {
        if group.mayShare(after: position, store.visibility),
            let known = group.known(after: position, head: hub.bounds.head, in: cache.portions)
        {
            return .known(known)
        }
        return .waits(catchUp.read(group, after: position, done: done))
    }

    func stop() {
        due.update { $0.ended = true }
        dispatcher.join()
        catchUp.stop()
    }
}

/// What asking for a reading of the disk gives.
enum DiskLook: Sendable {
    case known(FeedPortion)
    case waits(FeedWait<FeedReading>)
}

extension FeedGroup {
    /// Whether what is made behind `position` stays true for others: nothing in it can be hidden by
    /// retention now, and there are others.
    func mayShare(after position: Sequence, _ visibility: Visibility) -> Bool {
        isShared && visibility.completeFloor(of: organization) <= position.next
    }
}

extension FeedReader {
    /// Reads for all members of a group, of which some may have come meanwhile.
    func read(
        _ group: FeedGroup, after position: Sequence, _ control: ReadControl,
        sharing cache: borrowing Mutex<PortionCache>, _ counters: FeedCounters
    ) -> FeedReading {
        store.hideExpired(now: .now, uptime: .sinceStart)
        let mayShare = group.mayShare(after: position, store.visibility)
        if mayShare,
            let known = group.known(after: position, head: store.bounds.head, in: cache)
        {
            return .portions([known])
        }
        let reading = read(
            group.plan, after: position, through: mayShare ? group.end(around: position) : nil,
            control)
        if case .portions(let portions) = reading {
            for portion in portions where portion.message != nil { counters.countPacked() }
            // What was hidden while it was read is missing in it: others may be shown that again.
            if mayShare, group.mayShare(after: position, store.visibility) {
                group.keep(portions, after: position, in: cache)
            }
        }
        return reading
    }
}
