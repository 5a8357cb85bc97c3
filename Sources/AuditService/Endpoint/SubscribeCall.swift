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
        /// Looking on disk for where it begins.
        case entering(FeedWait<Result<FeedEntry, ServiceError>>)
        case following(Following)
        case ended
    }

    /// What a subscription has from its start to its end.
    final class Following {
        var follower: Follower
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
            follower: Follower, group: FeedGroup, subscription: SubscriptionID,
            gauge: SubscriptionGauge, progressInterval: TimeAmount, wheel: ProgressWheel,
            ready: ReadyBudget
        ) {
            self.follower = follower
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
        case starting(FeedWait<Result<FeedStart, ServiceError>>)
        /// A reading of the disk will.
        case reading(FeedWait<FeedReading>)
        /// Looking for the first event behind a gap will.
        case skipping(FeedWait<Result<FeedBorder, ServiceError>>)

        /// Its turn on the reading thread is wanted no more.
        func cancel() {
            switch self {
            case .starting(let wait): wait.cancel()
            case .skipping(let wait): wait.cancel()
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
            position = "; resume with after_sequence \(sequence(of: following))"
        } else {
            position = ""
        }
        end(ServiceError(.unavailable, "the server is shutting down\(position)"), call)
    }

    /// As its reader sees it.
    private func sequence(of following: Following) -> Sequence {
        // What it is behind by then was not said yet.
        if case .skipping = following.activity { return following.follower.reader.sequence }
        return following.follower.tell(in: feed)
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
            take(following.follower.foundGone(through: last, .damage), following, call)
        case .removed(let last):
            take(following.follower.foundGone(through: last, .retention), following, call)
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
                || following.follower.reader.untold > feed.limits.feedUntoldMax
            {
                following.progressIsDue = false
                say(following.follower.machine.progress, following, call)
            } else {
                take(following.follower.next(in: feed), following, call)
            }
        }
    }

    private func take(_ step: FollowMachine.Step, _ following: Following, _ call: ServerCall) {
        let place = following.follower.place
        switch step {
        case .say(.gap(let gone, let reason)), .fail(let gone, let reason):
            skip(gone, reason, following, call)
        case .say(let notice):
            say(notice, following, call)
        case .readRing:
            // The ring may have moved on since the question: then the machine is asked again.
            guard let portion = feed.readRing(following.group, after: place) else { return }
            following.gauge.turn(to: .live)
            send(portion, following, call)
            if portion.message == nil { yield(following, call) }
        case .readDisk:
            following.gauge.turn(to: .catchingUp)
            readDisk(following, call)
        case .wait:
            following.gauge.turn(to: .live)
            following.activity = .waiting
            if !feed.hub.wait(following.subscription, after: place) {
                following.activity = .none
            }
        }
    }

    private func send(_ portion: FeedPortion, _ following: Following, _ call: ServerCall) {
        // Sealed by this endpoint alone, so that it is nothing else.
        if let message = portion.message as? SharedMessage {
            guard call.send(message) else { return }
            feed.counters.countDelivered(portion)
        }
        following.follower.send(portion)
        following.gauge.move(to: portion.through)
    }

    private func readDisk(_ following: Following, _ call: ServerCall) {
        let reference = reference(of: call)
        let look = feed.readDisk(following.group, after: following.follower.place) { reading in
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
        following.gauge.move(to: following.follower.place)
        let sequence = following.follower.tell(in: feed)
        switch notice {
        case .progress: send(.progress(sequence), call)
        case .caughtUp: send(.caughtUp(sequence), call)
        case .fellBehind:
            feed.counters.countFellBehind()
            send(.fellBehind(sequence), call)
        // Said by `skip`.
        case .gap: break
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
        case .entering(let wait): wait.cancel()
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
