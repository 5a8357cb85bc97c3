import Dispatch
import NIOCore
import NIOEmbedded

/// An event loop that is run by hand and counts what it is asked for.
///
/// @unchecked: a test uses it from one thread.
final class CountingEventLoop: EventLoop, @unchecked Sendable {
    let embedded: EmbeddedEventLoop
    /// Tasks that were handed over: wake-ups, when they come from another thread.
    private(set) var tasks = 0
    private(set) var timers = 0

    init(_ embedded: EmbeddedEventLoop) {
        self.embedded = embedded
    }

    var inEventLoop: Bool { embedded.inEventLoop }
    var now: NIODeadline { embedded.now }

    func execute(_ task: @escaping @Sendable () -> Void) {
        tasks += 1
        embedded.execute(task)
    }

    func submit<T>(_ task: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        tasks += 1
        return embedded.submit(task)
    }

    func scheduleTask<T>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        timers += 1
        return embedded.scheduleTask(deadline: deadline, task)
    }

    func scheduleTask<T>(
        in time: TimeAmount, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        timers += 1
        return embedded.scheduleTask(in: time, task)
    }

    func shutdownGracefully(
        queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void
    ) {
        embedded.shutdownGracefully(queue: queue, callback)
    }
}
