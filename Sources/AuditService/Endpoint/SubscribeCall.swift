import AuditModel
import AuditRPC
import Codec
import NIOCore
import Subscribe

/// Reaches a Subscribe call from the threads of the feed.
struct SubscriberReference: Sendable {
    var call: CallReference
    var handler: NIOLoopBound<SubscribeCall>
}

/// One Subscribe call, on the event loop of its connection: asks the machine what to do and does
/// it, as long as the client takes what it is sent.
///
/// What it holds is constant: a machine, a filter, and at most the messages of one look at the ring
/// or the disk.
final class SubscribeCall: ServerCallHandler {
    private let feed: Feed<SubscriberReference>
    private let report: @Sendable (ServiceError) -> Void
    private var state = State.unopened
    /// Gathered, but not yet sent: the client was slower than one look.
    private var unsent: [[UInt8]] = []
    /// The position before the look that gathered them: from there a client would resume.
    private var positionBeforeUnsent = Sequence.zero
    private var progressTimer: Scheduled<Void>?
    private var progressIsDue = false

    private enum State {
        case unopened
        /// Looking for the start on disk.
        case starting
        case following(Following)
        case ended
    }

    private struct Following {
        var machine: FollowMachine
        var filter: CompiledFilter
        var subscription: SubscriptionID
        var progressInterval: TimeAmount
        var activity = Activity.none
    }

    private enum Activity {
        case none
        case waiting
        /// A look at the disk, or the next turn of the loop, will go on.
        case suspended
    }

    init(
        feed: Feed<SubscriberReference>, report: @escaping @Sendable (ServiceError) -> Void
    ) {
        self.feed = feed
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
        pump(call)
    }

    func drain(on call: ServerCall) {
        let position: String
        if case .following(let following) = state {
            let reached = unsent.isEmpty ? following.machine.position : positionBeforeUnsent
            position = "; resume with after_sequence \(reached)"
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
        guard case .following(var following) = state, case .waiting = following.activity else {
            return
        }
        following.activity = .none
        if position > following.machine.position {
            following.machine.passed(through: position, lastSent: nil)
        }
        state = .following(following)
        pump(call)
    }

    private func found(_ reading: FeedReading, _ call: ServerCall) {
        guard case .following(var following) = state else { return }
        following.activity = .none
        switch reading {
        case .portion(let portion):
            pass(portion, &following)
        case .damage(let last, let error):
            report(error)
            let step = following.machine.foundDamage(through: last)
            state = .following(following)
            take(step, following, call)
        case .failure(let error):
            return end(error, call)
        }
        pump(call)
    }

    // MARK: Start

    private func open(_ request: SubscribeRequest, _ call: ServerCall) {
        let organization = Self.organization(of: request)
        let stored = feed.stored(of: organization, after: .zero)
        switch request.start {
        case .now: follow(request, after: stored.head, call)
        case .oldest: follow(request, after: stored.oldest.previous, call)
        case .after(let sequence): follow(request, after: sequence, call)
        case .since(let time):
            state = .starting
            let reference = reference(of: call)
            let taken = feed.findStart(of: organization, since: time) { start in
                reference.call.execute { call in
                    reference.handler.value.started(request, start, call)
                }
            }
            if !taken { end(Self.busy, call) }
        }
    }

    private func started(
        _ request: SubscribeRequest, _ start: Result<Sequence, ServiceError>, _ call: ServerCall
    ) {
        guard case .starting = state else { return }
        switch start {
        case .success(let position): follow(request, after: position, call)
        case .failure(let error): end(error, call)
        }
    }

    private func follow(
        _ request: SubscribeRequest, after position: Sequence, _ call: ServerCall
    ) {
        let organization = Self.organization(of: request)
        let stored = feed.stored(of: organization, after: .zero)
        let head = max(stored.head, feed.head)
        guard position <= head else {
            return end(
                ServiceError(
                    .outOfRange, "after_sequence \(position) is above the newest, \(head)"), call)
        }
        let filter = CompiledFilter(request.filter, organization: organization)
        guard let subscription = feed.hub.subscribe(filter, waker: reference(of: call)) else {
            return end(
                ServiceError(.busy, "the server follows for as many subscribers as it may"),
                call)
        }
        let interval = request.progressInterval ?? feed.limits.progressIntervalDefault
        state = .following(
            Following(
                machine: FollowMachine(
                    after: position, onGap: request.onGap == .continue ? .goOn : .fail),
                filter: filter, subscription: subscription,
                progressInterval: .nanoseconds(interval.nanosecondsSaturating)))
        send(.started(head: head, oldest: stored.oldest), call)
        scheduleProgress(call)
        pump(call)
    }

    private static func organization(of request: SubscribeRequest) -> [UInt8]? {
        request.organizationID.isEmpty ? nil : Array(request.organizationID.utf8)
    }

    // MARK: The loop

    /// Does steps until the client, the disk or the feed must be waited for.
    private func pump(_ call: ServerCall) {
        while call.isWritable, call.isOpen, case .following(var following) = state,
            case .none = following.activity
        {
            if !unsent.isEmpty {
                call.send(message: unsent.removeFirst())
                continue
            }
            if progressIsDue || following.machine.untold > feed.limits.feedUntoldMax {
                progressIsDue = false
                let notice = following.machine.progress()
                state = .following(following)
                say(notice, call)
                continue
            }
            let step = following.machine.next(
                feed.stored(
                    of: following.filter.organization, after: following.machine.position))
            state = .following(following)
            take(step, following, call)
        }
    }

    private func take(_ step: FollowMachine.Step, _ following: Following, _ call: ServerCall) {
        var following = following
        let position = following.machine.position
        switch step {
        case .say(let notice):
            say(notice, call)
        case .readRing:
            // The ring may have moved on since the question: then the machine is asked again.
            guard let portion = feed.readRing(following.filter, after: position) else { return }
            pass(portion, &following)
            if portion.messages.isEmpty { yield(call) }
        case .readDisk:
            following.activity = .suspended
            state = .following(following)
            readDisk(following.filter, after: position, call)
        case .wait:
            following.activity = .waiting
            state = .following(following)
            guard !feed.hub.wait(following.subscription, after: position) else { return }
            following.activity = .none
            state = .following(following)
        case .fail(let gone, let reason):
            end(Self.failure(gone, reason), call)
        }
    }

    private func pass(_ portion: FeedPortion, _ following: inout Following) {
        positionBeforeUnsent = following.machine.position
        unsent = portion.messages
        following.machine.passed(through: portion.through, lastSent: portion.lastSent)
        state = .following(following)
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

    private func readDisk(
        _ filter: CompiledFilter, after position: Sequence, _ call: ServerCall
    ) {
        let reference = reference(of: call)
        let taken = feed.readDisk(filter, after: position) { reading in
            reference.call.execute { call in
                reference.handler.value.found(reading, call)
            }
        }
        if !taken { end(Self.busy, call) }
    }

    /// Lets the other calls of the loop have a turn: this one's filter skips much.
    private func yield(_ call: ServerCall) {
        guard case .following(var following) = state else { return }
        following.activity = .suspended
        state = .following(following)
        let reference = reference(of: call)
        reference.call.execute { call in
            reference.handler.value.resume(call)
        }
    }

    private func resume(_ call: ServerCall) {
        guard case .following(var following) = state, case .suspended = following.activity else {
            return
        }
        following.activity = .none
        state = .following(following)
        pump(call)
    }

    // MARK: Progress

    private func scheduleProgress(_ call: ServerCall) {
        guard case .following(let following) = state else { return }
        progressTimer = call.eventLoop.assumeIsolated().scheduleTask(
            in: following.progressInterval
        ) { [self] in
            progressTimerFired(call)
        }
    }

    private func progressTimerFired(_ call: ServerCall) {
        guard case .following(var following) = state, call.isOpen else { return }
        progressIsDue = true
        if case .waiting = following.activity {
            following.activity = .none
            if let position = feed.hub.stopWaiting(following.subscription),
                position > following.machine.position
            {
                following.machine.passed(through: position, lastSent: nil)
            }
            state = .following(following)
        }
        scheduleProgress(call)
        pump(call)
    }

    // MARK: Saying and ending

    private func say(_ notice: FollowMachine.Notice, _ call: ServerCall) {
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

    private func send(_ response: SubscribeResponse, _ call: ServerCall) {
        call.send(message: response.encoded())
    }

    private func end(_ error: ServiceError, _ call: ServerCall) {
        leave()
        report(error)
        call.finish(RPCStatus(error))
    }

    private func leave() {
        if case .following(let following) = state { feed.hub.unsubscribe(following.subscription) }
        progressTimer?.cancel()
        progressTimer = nil
        unsent = []
        state = .ended
    }

    private func reference(of call: ServerCall) -> SubscriberReference {
        SubscriberReference(
            call: call.reference, handler: NIOLoopBound(self, eventLoop: call.eventLoop))
    }

    private static let busy = ServiceError(
        .busy, "too many reads wait for the disk; subscribe again a little later")
}
