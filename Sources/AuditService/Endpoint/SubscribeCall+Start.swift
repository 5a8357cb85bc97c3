import Access
import AuditModel
import AuditRPC
import Codec
import NIOCore
import Subscribe

/// From the request to the first step.
extension SubscribeCall {
    func open(_ request: SubscribeRequest, _ call: ServerCall) {
        let caller = call.origin.caller
        let organization: [UInt8]?
        do throws(ServiceError) {
            let name = try caller.organizationNamed(by: request.organizationID)
            organization = name.isEmpty ? nil : Array(name.utf8)
            place = try call.origin.subscriberPlace(in: organization)
            tracer.note(.subscription, of: name, from: call.origin)
        } catch {
            return end(error, call)
        }
        let stored = feed.stored(of: organization, after: .zero)
        let head = max(stored.head, feed.head)
        let position: Sequence
        switch request.start {
        case .now: position = stored.head
        case .oldest: position = stored.oldest.previous
        case .after(let sequence): position = sequence
        case .since(let time): position = feed.earliestStart(of: organization, since: time)
        }
        guard position <= head else {
            return end(
                ServiceError(
                    .outOfRange, "after_sequence \(position) is above the newest, \(head)"), call)
        }
        let plan = SearchPlan(request.filter, within: caller.bounds, organization: organization)
        guard let following = follow(plan, request, after: position, call) else {
            return end(
                ServiceError(.busy, "the server follows for as many subscribers as it may"), call)
        }
        state = .following(following)
        send(.started(head: head, oldest: stored.oldest), call)
        // Not when there was no room for that.
        guard case .following = state else { return }
        if case .since(let time) = request.start { findStart(since: time, following, call) }
        startTimer(following, call)
        pump(call)
    }

    /// Nil when there are too many subscriptions.
    private func follow(
        _ plan: SearchPlan, _ request: SubscribeRequest, after position: Sequence,
        _ call: ServerCall
    ) -> Following? {
        let gauge = SubscriptionGauge(position: position)
        guard
            let subscription = feed.hub.subscribe(
                plan.filter, waker: reference(of: call), gauge: gauge)
        else { return nil }
        let interval = request.progressInterval ?? feed.limits.progressIntervalDefault
        return Following(
            machine: FollowMachine(
                after: position, onGap: request.onGap == .continue ? .goOn : .fail),
            group: feed.join(plan), subscription: subscription, gauge: gauge,
            progressInterval: .nanoseconds(interval.nanosecondsSaturating),
            wheel: wheel(of: call), ready: feed.ready)
    }

    /// What lies between the position and the start was recorded before it.
    private func findStart(since time: Timestamp, _ following: Following, _ call: ServerCall) {
        following.gauge.turn(to: .catchingUp)
        let reference = reference(of: call)
        following.activity = .starting(
            feed.findStart(of: following.group.organization, since: time) { start in
                reference.call.execute { call in
                    reference.handler.value.found(start, call)
                }
            })
    }

    private func found(_ start: Result<Sequence, ServiceError>, _ call: ServerCall) {
        guard case .following(let following) = state, case .starting = following.activity else {
            return
        }
        following.activity = .none
        switch start {
        case .success(let position):
            following.skip(to: position)
            pump(call)
        case .failure(let error):
            end(error, call)
        }
    }
}
