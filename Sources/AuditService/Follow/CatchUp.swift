import AuditModel
import EventStore
import Glibc
import Synchronization

/// The thread that reads the disk for the subscriptions that are behind the ring: one reading at a
/// time, for all who wait for it, in the order in which they asked.
final class CatchUp: Sendable {
    /// What a group is sent behind a position.
    typealias Read = @Sendable (FeedGroup, Sequence, ReadControl) -> FeedReading
    /// The position that a subscription begins behind.
    typealias Find = @Sendable () -> Result<Sequence, ServiceError>

    private typealias Start = FeedWait<Result<Sequence, ServiceError>>

    private struct Work {
        var readings = CatchUpQueue<FeedWait<FeedReading>>()
        /// Looks for the start of subscriptions that begin at a time.
        var starts = TurnQueue<Start, StartTask>()
        var hasEnded = false
        /// Those who begin and those who go on take turns.
        private var isTurnOfStarts = false

        mutating func take(startsMax: Int) -> Job? {
            if hasEnded { return .end }
            isTurnOfStarts.toggle()
            if isTurnOfStarts || readings.isEmpty, let first = starts.popFirst() {
                // Looking is little work, and nobody is told anything before it: they do not wait for a
                // reading each.
                var next = [first]
                while next.count < startsMax, let start = starts.popFirst() { next.append(start) }
                return .start(next)
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

    private struct StartTask: Sendable {
        var wait: Start
        var find: Find
    }

    private enum Job: Sendable {
        case start([StartTask])
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
                let job = work.wait(until: { $0.take(startsMax: limits.catchUpStartsMax) })
                let began = ContinuousClock.now
                switch job {
                case .end: return
                case .start(let tasks):
                    for task in tasks where task.wait.isWanted { task.wait.give(task.find()) }
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
    func start(
        _ find: @escaping Find, done: @escaping @Sendable (Result<Sequence, ServiceError>) -> Void
    ) -> FeedWait<Result<Sequence, ServiceError>> {
        let wait = Start(
            leave: { [work] wait in work.update { $0.starts[wait] = nil } }, done: done)
        work.update { work in
            if !work.hasEnded { work.starts[wait] = StartTask(wait: wait, find: find) }
        }
        return wait
    }

    func stop() {
        _ = work.update { $0.end() }
        thread.join()
    }
}
