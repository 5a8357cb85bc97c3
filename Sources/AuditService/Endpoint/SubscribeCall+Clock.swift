import AuditModel
import AuditRPC
import NIOCore
import Subscribe

/// What a subscription does when time has passed.
extension SubscribeCall {
    private var lookInterval: TimeAmount {
        .nanoseconds(feed.limits.feedLookInterval.nanosecondsSaturating)
    }

    func startTimer(_ following: Following, _ call: ServerCall) {
        let now = NIODeadline.now()
        following.nextProgress = now + following.progressInterval
        following.nextLook = now + lookInterval
        schedule(following, call)
    }

    private func schedule(_ following: Following, _ call: ServerCall) {
        following.timerTick = following.wheel.schedule(
            self, call, at: min(following.nextProgress, following.nextLook))
    }

    func timerFired(at now: NIODeadline, _ call: ServerCall) {
        guard case .following(let following) = state else { return }
        if following.nextProgress <= now {
            following.nextProgress = now + following.progressInterval
            following.progressIsDue = true
        }
        if following.nextLook <= now {
            following.nextLook = now + lookInterval
            look(following, call)
        }
        schedule(following, call)
        if following.progressIsDue { tell(following, call) }
    }

    /// Says where the subscription stands, now or as soon as its client takes something.
    private func tell(_ following: Following, _ call: ServerCall) {
        switch following.activity {
        case .waiting:
            following.activity = .none
            if let position = feed.hub.stopWaiting(following.subscription) {
                following.skip(to: position)
            }
            pump(call)
        case .starting where call.isWritable, .reading where call.isWritable:
            // Its turn may be far away, and a client that hears nothing for long thinks that nobody is there.
            following.progressIsDue = false
            say(following.follower.machine.progress, following, call)
        // Behind a gap that was not said yet there is nothing to tell.
        case .none, .suspended, .starting, .reading, .skipping: break
        }
    }

    private func look(_ following: Following, _ call: ServerCall) {
        let hasTaken = call.takenCount != following.takenCount
        following.takenCount = call.takenCount
        if hasTaken {
            following.isTaking()
        } else if !call.isWritable {
            // It may stay so for long: what it has not been sent is read again then.
            following.ready.drop()
            following.isStuck = true
            following.gauge.turn(to: .stuck)
        }
        if case .waiting = following.activity,
            let position = feed.hub.position(of: following.subscription)
        {
            following.follower.look(at: position, in: feed)
            let untold = following.follower.reader.untold
            if untold > feed.limits.feedUntoldMax { following.progressIsDue = true }
        }
    }
}

extension SubscribeCall.Following {
    /// Nothing up to `position` concerns the subscription.
    func skip(to position: Sequence) {
        follower.pass(through: position)
        gauge.move(to: follower.place)
    }

    /// The client takes what it is sent, or does so again.
    func isTaking() {
        guard isStuck else { return }
        isStuck = false
        switch activity {
        case .starting, .reading, .skipping: gauge.turn(to: .catchingUp)
        case .none, .waiting, .suspended: gauge.turn(to: ready.isEmpty ? .live : .catchingUp)
        }
    }
}
