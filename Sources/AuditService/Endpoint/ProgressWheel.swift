import AuditRPC
import NIOCore
import Synchronization

/// The timers of all subscriptions of one event loop: one timer of the loop's, and one write
/// for each connection, whoever is due at a time.
///
/// Belongs to the event loop.
final class ProgressWheel {
    private struct Entry {
        var handler: SubscribeCall
        var call: ServerCall
    }

    /// Times are rounded up to it.
    static let tick = TimeAmount.milliseconds(50)

    private let eventLoop: any EventLoop
    private var wheel = TimerWheel<Entry>()
    private var timer: Scheduled<Void>?
    private var timerTick = UInt64.max

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Calls `timerFired` once, at `deadline`. Gives the place for `cancel`.
    func schedule(
        _ handler: SubscribeCall, _ call: ServerCall, at deadline: NIODeadline
    ) -> UInt64 {
        let length = UInt64(Self.tick.nanoseconds)
        let tick = (deadline.uptimeNanoseconds + length - 1) / length
        wheel.insert(Entry(handler: handler, call: call), ObjectIdentifier(handler), at: tick)
        setTimer()
        return tick
    }

    func cancel(_ handler: SubscribeCall, at tick: UInt64) {
        wheel.remove(ObjectIdentifier(handler), at: tick)
        if wheel.next == nil { setTimer() }
    }

    /// A timer that comes early for want of entries does nothing; one that came late would.
    private func setTimer() {
        guard let next = wheel.next else {
            timer?.cancel()
            timer = nil
            timerTick = .max
            return
        }
        guard next < timerTick else { return }
        timer?.cancel()
        timerTick = next
        timer = eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(next * UInt64(Self.tick.nanoseconds))
        ) { self.fire() }
    }

    private func fire() {
        timer = nil
        timerTick = .max
        let now = NIODeadline.now()
        let due = wheel.take(through: now.uptimeNanoseconds / UInt64(Self.tick.nanoseconds))
        CallReference.deliverHere(
            due, to: { $0.call }, { call, entry in entry.handler.timerFired(at: now, call) })
        setTimer()
    }
}

/// The wheel of each event loop.
final class ProgressWheels: Sendable {
    private let wheels = Mutex<[ObjectIdentifier: NIOLoopBound<ProgressWheel>]>([:])

    /// On that event loop.
    func wheel(of eventLoop: any EventLoop) -> ProgressWheel {
        wheels.withLock { wheels in
            let id = ObjectIdentifier(eventLoop)
            if let known = wheels[id] { return known }
            let wheel = NIOLoopBound(ProgressWheel(eventLoop: eventLoop), eventLoop: eventLoop)
            wheels[id] = wheel
            return wheel
        }.value
    }
}
