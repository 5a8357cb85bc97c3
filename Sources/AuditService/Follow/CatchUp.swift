import AuditModel
import EventStore
import Glibc
import Synchronization

/// The thread that reads the disk for the subscriptions that are behind the ring: one reading at a
/// time, for all who wait for it, in the order in which they asked.
final class CatchUp: Sendable {
    /// What a group is sent behind a position.
    typealias Read = @Sendable (FeedGroup, Sequence, ReadControl) -> FeedReading
    private struct Work {
        var readings = CatchUpQueue<FeedWait<FeedReading>>()
        /// Looks for single events: where a subscription begins, where one goes on behind a gap.
        var looks = TurnQueue<ObjectIdentifier, Look>()
        var hasEnded = false
        /// Those who look and those who read take turns.
        private var isTurnOfLooks = false

        mutating func take(looksMax: Int) -> Job? {
            if hasEnded { return .end }
            isTurnOfLooks.toggle()
            if isTurnOfLooks || readings.isEmpty, let first = looks.popFirst() {
                // Looking is little work, and nobody is told anything before it: they do not wait for a
                // reading each.
                var next = [first]
                while next.count < looksMax, let look = looks.popFirst() { next.append(look) }
                return .look(next)
            }
            return readings.take().map(Job.read)
        }

        /// Nobody is served any more; gives what waited, to be let go of where no lock is held.
        mutating func end() -> Work {
            let left = self
            self = Work()
            hasEnded = true
            return left
        }
    }

    /// Looks, and gives what it found to who still waits for it.
    private typealias Look = @Sendable () -> Void

    private enum Job: Sendable {
        case look([Look])
        case read(CatchUpQueue<FeedWait<FeedReading>>.Task)
        case end
    }

    private let work: Mailbox<Work>
    private let thread: BackgroundThread

    init(
        limits: ServiceLimits, head: @escaping @Sendable () -> Sequence, read: @escaping Read
    ) {
        let work = Mailbox(Work())
        self.work = work
        thread = BackgroundThread("catch-up") {
            var allowance = CatchUpAllowance(
                share: limits.catchUpShare, restMax: limits.catchUpRestMax, head: head())
            while true {
                let job = work.wait(until: { $0.take(looksMax: limits.catchUpLooksMax) })
                let began = ContinuousClock.now
                switch job {
                case .end: return
                case .look(let looks): for look in looks { look() }
                case .read(let task): Self.run(task, limits, read)
                }
                let rest = allowance.rest(after: ContinuousClock.now - began, head: head())
                if rest > .zero { usleep(UInt32(rest.nanosecondsSaturating / 1_000)) }
            }
        }
    }

    private static func run(
        _ task: CatchUpQueue<FeedWait<FeedReading>>.Task, _ limits: ServiceLimits,
        _ read: Read
    ) {
        let control = ReadControl(end: .now.advanced(by: limits.catchUpReadTime))
        let reading = read(task.group, task.position, control)
        for waiter in task.waiters { waiter.give(reading) }
    }

    /// `done` is called on the thread, unless the wait is cancelled or the feed stops before.
    func read(
        _ group: FeedGroup, after position: Sequence,
        done: @escaping @Sendable (FeedReading) -> Void
    ) -> FeedWait<FeedReading> {
        let wait = FeedWait<FeedReading>(
            leave: { [work] wait in
                work.update { $0.readings.remove(wait, group, after: position) }
            }, done: done)
        work.update { work in
            if !work.hasEnded { work.readings.add(wait, group, after: position) }
        }
        return wait
    }

    /// Runs `find` on the thread and gives `done` its result there, unless the wait is cancelled or the
    /// feed stops before.
    func look<Found: Sendable>(
        _ find: @escaping @Sendable () -> Found, done: @escaping @Sendable (Found) -> Void
    ) -> FeedWait<Found> {
        let wait = FeedWait<Found>(
            leave: { [work] wait in work.update { $0.looks[ObjectIdentifier(wait)] = nil } },
            done: done)
        work.update { work in
            guard !work.hasEnded else { return }
            work.looks[ObjectIdentifier(wait)] = { if wait.isWanted { wait.give(find()) } }
        }
        return wait
    }

    func stop() {
        _ = work.update { $0.end() }
        thread.join()
    }
}
