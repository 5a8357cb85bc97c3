import AuditModel
import EventStore
import Glibc
import Synchronization

/// The thread that reads the disk for the subscriptions that are behind the ring: one reading at a
/// time, for all who wait for it, in the order in which they asked.
final class CatchUp: Sendable {
    /// What a group is sent behind a position.
    typealias Read = @Sendable (FeedGroup, Sequence, ReadControl) -> FeedReading

    /// Gets a reading; told in `control` when nobody wants it any more.
    private struct Waiter: Sendable {
        var control: ReadControl
        var done: @Sendable (FeedReading) -> Void
    }

    private struct Work {
        var readings = CatchUpQueue<Waiter>()
        /// Looks for the start of subscriptions that begin at a time.
        var starts: [@Sendable () -> Void] = []
        var hasEnded = false
        /// Those who begin and those who go on take turns.
        private var isTurnOfStarts = false

        mutating func take(startsMax: Int) -> Job? {
            if hasEnded { return .end }
            isTurnOfStarts.toggle()
            if !starts.isEmpty, isTurnOfStarts || readings.isEmpty {
                // Looking is little work, and nobody is told anything before it: they do not wait for a reading each.
                let next = Array(starts.prefix(startsMax))
                starts.removeFirst(next.count)
                return .start(next)
            }
            return readings.take().map(Job.read)
        }
    }

    private enum Job: Sendable {
        case start([@Sendable () -> Void])
        case read(CatchUpQueue<Waiter>.Task)
        case end
    }

    private let work: Mailbox<Work>
    private let thread: BackgroundThread

    init(
        limits: ServiceLimits, head: @escaping @Sendable () -> Sequence, read: @escaping Read
    ) {
        let work = Mailbox(Work())
        self.work = work
        thread = BackgroundThread {
            var allowance = CatchUpAllowance(
                share: limits.catchUpShare, restMax: limits.catchUpRestMax, head: head())
            while true {
                let job = work.wait(until: { $0.take(startsMax: limits.catchUpStartsMax) })
                let began = ContinuousClock.now
                switch job {
                case .end: return
                case .start(let finds): for find in finds { find() }
                case .read(let task): Self.run(task, limits, read)
                }
                let rest = allowance.rest(after: ContinuousClock.now - began, head: head())
                if rest > .zero { usleep(UInt32(rest.nanosecondsSaturating / 1_000)) }
            }
        }
    }

    private static func run(
        _ task: CatchUpQueue<Waiter>.Task, _ limits: ServiceLimits,
        _ read: Read
    ) {
        let waiters = task.waiters.filter { !$0.control.isCancelled }
        guard !waiters.isEmpty else { return }
        let control = ReadControl(end: .now.advanced(by: limits.catchUpReadTime))
        let reading = read(task.group, task.position, control)
        for waiter in waiters { waiter.done(reading) }
    }

    /// `done` is called on the thread, unless `control` is cancelled before or the feed stops.
    func read(
        _ group: FeedGroup, after position: Sequence, _ control: ReadControl,
        done: @escaping @Sendable (FeedReading) -> Void
    ) {
        work.update {
            $0.readings.add(Waiter(control: control, done: done), group, after: position)
        }
    }

    /// Runs `find` on the thread, unless the feed stops before.
    func start(_ find: @escaping @Sendable () -> Void) {
        work.update { $0.starts.append(find) }
    }

    func stop() {
        work.update { $0.hasEnded = true }
        thread.join()
    }
}
