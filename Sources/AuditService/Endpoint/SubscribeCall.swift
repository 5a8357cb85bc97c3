import Access
import AuditModel
import AuditRPC
import Codec
import NIOCore
import Subscribe

extension SharedMessage: FeedMessage {}

/// Reaches a Subscribe call from the threads of the feed.
struct SubscriberReference: Sendable {
    var call: CallReference
    var handler: NIOLoopBound<SubscribeCall>
}

/// One Subscribe call, on the event loop of its connection: asks the machine what to do and does
/// it, as long as the client takes what it is sent.
///
/// What it holds is constant: a machine, its group, and at most the messages of one reading of the
/// disk, which others hold too. What comes before the first step is in SubscribeCall+Start.swift.
final class SubscribeCall: ServerCallHandler {
    let feed: Feed<SubscriberReference>
    private let wheels: ProgressWheels
    let tracer: ReadTracer
    private let report: @Sendable (ServiceError) -> Void
    var state = State.unopened
    /// Of the caller's quota, as long as the call is open.
    var place: SubscriberPlace?

    enum State {
        case unopened
        case following(Following)
        case ended
    }

    /// What a subscription has from its start to its end.
    final class Following {
        var machine: FollowMachine
        let group: FeedGroup
        let subscription: SubscriptionID
        let gauge: SubscriptionGauge
        let progressInterval: TimeAmount
        let wheel: ProgressWheel
        /// The place in the wheel.
        var timerTick: UInt64 = 0
        var nextProgress = NIODeadline.distantFuture
        var progressIsDue = false
        var nextLook = NIODeadline.distantFuture
        /// The call's, when it was looked at last.
        var takenCount = 0
        /// Its client had taken nothing then since the time before.
        var isStuck = false
        var activity = Activity.none
        var ready: ReadyPortions

        init(
            machine: FollowMachine, group: FeedGroup, subscription: SubscriptionID,
            gauge: SubscriptionGauge, progressInterval: TimeAmount, wheel: ProgressWheel,
            ready: ReadyBudget
        ) {
            self.machine = machine
            self.group = group
            self.subscription = subscription
            self.gauge = gauge
            self.progressInterval = progressInterval
            self.wheel = wheel
            self.ready = ReadyPortions(budget: ready)
        }
    }

    enum Activity {
        case none
        case waiting
        /// The next turn of the loop will go on.
        case suspended
        /// Looking for the start on disk will.
        case starting(FeedWait<Result<Sequence, ServiceError>>)
        /// A reading of the disk will.
        case reading(FeedWait<FeedReading>)

        /// Its turn on the reading thread is wanted no more.
        func cancel() {
            switch self {
            case .starting(let wait): wait.cancel()
            case .reading(let wait): wait.cancel()
            case .none, .waiting, .suspended: break
            }
        }
    }

    init(
        feed: Feed<SubscriberReference>, wheels: ProgressWheels, tracer: ReadTracer,
        report: @escaping @Sendable (ServiceError) -> Void
    ) {
        self.feed = feed
        self.wheels = wheels
        self.tracer = tracer
        self.report = report
    }

    // MARK: What the call tells

    func receive(message: UnsafeRawBufferPointer, on call: ServerCall) {
        do throws(CodecError) {
            open(try SubscribeRequest(decoding: message), call)
        } catch {
            end(ServiceError(error), call)
        }
    }

    func receiveEnd(on call: ServerCall) {}

    func writable(on call: ServerCall) {
        if case .following(let following) = state { following.isTaking() }
        pump(call)
    }

    func drain(on call: ServerCall) {
        let position: String
        if case .following(let following) = state {
            position = "; resume with after_sequence \(following.machine.position)"
        } else {
            position = ""
        }
        end(ServiceError(.unavailable, "the server is shutting down\(position)"), call)
    }

    func cancel(reason: CancelReason, on call: ServerCall) {
        leave()
    }

    // MARK: What the feed tells

    /// Hands a wake-up to its call, on the call's event loop.
    static func wake(_ call: ServerCall, _ wake: HubWake<SubscriberReference>) {
        wake.waker.handler.value.wake(at: wake.position, call)
    }

    /// Something matches behind `position`.
    private func wake(at position: Sequence, _ call: ServerCall) {
        guard case .following(let following) = state, case .waiting = following.activity else {
            return
        }
        following.activity = .none
        following.skip(to: position)
        pump(call)
    }

    private func found(_ reading: FeedReading, _ call: ServerCall) {
        guard case .following(let following) = state, case .reading = following.activity else {
            return
        }
        following.activity = .none
        switch reading {
        case .portions(let portions):
            following.ready.fill(portions)
        case .damage(let last, _):
            take(following.machine.foundGone(through: last, .damage), following, call)
        case .removed(let last):
            take(following.machine.foundGone(through: last, .retention), following, call)
        case .failure(let error):
            return end(error, call)
        }
        pump(call)
        following.ready.keep()
    }

    // MARK: The loop

    /// Does steps until the client, the disk or the feed must be waited for.
    func pump(_ call: ServerCall) {
        guard case .following(let following) = state else { return }
        while call.isWritable, call.isOpen, case .none = following.activity,
            case .following = state
        {
            if !following.ready.isEmpty {
                send(following.ready.takeFirst(), following, call)
            } else if following.progressIsDue
                || following.machine.untold > feed.limits.feedUntoldMax
            {
                following.progressIsDue = false
                say(following.machine.progress(), following, call)
            } else {
                let stored = feed.stored(
                    of: following.group.organization, after: following.machine.position)
                take(following.machine.next(stored), following, call)
            }
        }
    }

    private func take(_ step: FollowMachine.Step, _ following: Following, _ call: ServerCall) {
        let position = following.machine.position
        switch step {
        case .say(let notice):
            say(notice, following, call)
        case .readRing:
            // The ring may have moved on since the question: then the machine is asked again.
            guard let portion = feed.readRing(following.group, after: position) else { return }
            following.gauge.turn(to: .live)
            send(portion, following, call)
            if portion.message == nil { yield(following, call) }
        case .readDisk:
            following.gauge.turn(to: .catchingUp)
            readDisk(following, call)
        case .wait:
            following.gauge.turn(to: .live)
            following.activity = .waiting
            if !feed.hub.wait(following.subscription, after: position) {
                following.activity = .none
            }
        case .fail(let gone, let reason):
            end(Self.failure(gone, reason), call)
        }
    }

    private func send(_ portion: FeedPortion, _ following: Following, _ call: ServerCall) {
        // Sealed by this endpoint alone, so that it is nothing else.
        if let message = portion.message as? SharedMessage {
            guard call.send(message) else { return }
            feed.counters.countDelivered(portion)
        }
        following.machine.passed(through: portion.through, lastSent: portion.lastSent)
        following.gauge.move(to: portion.through)
    }

    private static func failure(
        _ gone: SequenceRange, _ reason: FollowMachine.GapReason
    ) -> ServiceError {
        let range = "sequences \(gone.first) to \(gone.last)"
        switch reason {
        case .retention:
            return ServiceError(
                .outOfRange,
                "\(range) are no longer kept; start at the oldest, or ask for on_gap CONTINUE")
        case .damage:
            return ServiceError(
                .dataLoss,
                "\(range) are damaged on disk; ask for on_gap CONTINUE to go on behind them")
        case .restoration:
            return ServiceError(
                .outOfRange,
                "\(range) were passed over when the log was restored from a snapshot: what was stored "
                    + "there is not here; ask for on_gap CONTINUE to go on behind them")
        }
    }

    private func readDisk(_ following: Following, _ call: ServerCall) {
        let reference = reference(of: call)
        let look = feed.readDisk(following.group, after: following.machine.position) { reading in
            reference.call.execute { call in
                reference.handler.value.found(reading, call)
            }
        }
        switch look {
        case .known(let portion): following.ready.fill([portion])
        case .waits(let wait): following.activity = .reading(wait)
        }
    }

    /// Lets the other calls of the loop have a turn: this one's filter skips much.
    private func yield(_ following: Following, _ call: ServerCall) {
        following.activity = .suspended
        let reference = reference(of: call)
        reference.call.execute { call in
            reference.handler.value.resume(call)
        }
    }

    private func resume(_ call: ServerCall) {
        guard case .following(let following) = state, case .suspended = following.activity else {
            return
        }
        following.activity = .none
        pump(call)
    }

    // MARK: Saying and ending

    func say(
        _ notice: FollowMachine.Notice, _ following: Following, _ call: ServerCall
    ) {
        feed.counters.count(notice)
        following.gauge.move(to: following.machine.position)
        switch notice {
        case .progress(let sequence): send(.progress(sequence), call)
        case .caughtUp(let sequence): send(.caughtUp(sequence), call)
        case .fellBehind(let sequence): send(.fellBehind(sequence), call)
        case .gap(let range, .retention):
            send(.gap(range, reason: "removed by retention"), call)
        case .gap(let range, .damage):
            send(.gap(range, reason: "damaged on disk"), call)
        case .gap(let range, .restoration):
            send(.gap(range, reason: "restored from a snapshot without them"), call)
        }
    }

    func send(_ response: SubscribeResponse, _ call: ServerCall) {
        call.send(message: response.encoded())
    }

    func end(_ error: ServiceError, _ call: ServerCall) {
        leave()
        report(error)
        call.finish(RPCStatus(error))
    }

    private func leave() {
        place = nil
        switch state {
        case .unopened, .ended: break
        case .following(let following):
            feed.hub.unsubscribe(following.subscription)
            feed.leave(following.group)
            following.wheel.cancel(self, at: following.timerTick)
            following.activity.cancel()
        }
        state = .ended
    }

    func wheel(of call: ServerCall) -> ProgressWheel { wheels.wheel(of: call.eventLoop) }

    func reference(of call: ServerCall) -> SubscriberReference {
        SubscriberReference(
            call: call.reference, handler: NIOLoopBound(self, eventLoop: call.eventLoop))
    }
}
