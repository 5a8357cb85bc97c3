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
        do throws(ServiceError) {
            let name = try caller.organizationNamed(by: request.organizationID)
            let organization = name.isEmpty ? nil : Array(name.utf8)
            place = try call.origin.subscriberPlace(in: organization)
            tracer.note(.subscription, of: name, from: call.origin)
            let plan = SearchPlan(
                request.filter, within: caller.bounds, organization: organization)
            let entry = try feed.knownEntry(of: organization, at: request.start)
            if let entry { return begin(plan, request, at: entry, call) }
            findEntry(plan, request, call)
        } catch {
            end(error, call)
        }
    }

    private func findEntry(_ plan: SearchPlan, _ request: SubscribeRequest, _ call: ServerCall) {
        guard let organization = plan.organization else { return }
        let reference = reference(of: call)
        state = .entering(
            feed.findEntry(of: organization, at: request.start) { entry in
                reference.call.execute { call in
                    guard case .entering = reference.handler.value.state else { return }
                    switch entry {
                    case .success(let entry):
                        reference.handler.value.begin(plan, request, at: entry, call)
                    case .failure(let error):
                        reference.handler.value.end(error, call)
                    }
                }
            })
    }

    private func begin(
        _ plan: SearchPlan, _ request: SubscribeRequest, at entry: FeedEntry, _ call: ServerCall
    ) {
        guard let following = follow(plan, request, from: entry, call) else {
            return end(
                ServiceError(.busy, "the server follows for as many subscribers as it may"), call)
        }
        state = .following(following)
        send(.started(head: entry.head, oldest: entry.oldest), call)
        // Not when there was no room for that.
        guard case .following = state else { return }
        if case .since(let time) = request.start { findStart(since: time, following, call) }
        startTimer(following, call)
        pump(call)
    }

    /// Nil when there are too many subscriptions.
    private func follow(
        _ plan: SearchPlan, _ request: SubscribeRequest, from entry: FeedEntry, _ call: ServerCall
    ) -> Following? {
        let gauge = SubscriptionGauge(position: entry.place)
        guard
            let subscription = feed.hub.subscribe(
                plan.filter, waker: reference(of: call), gauge: gauge)
        else { return nil }
        let interval = request.progressInterval ?? feed.limits.progressIntervalDefault
        let onGap: FollowMachine.OnGap = request.onGap == .continue ? .goOn : .fail
        return Following(
            follower: Follower(of: plan.organization, from: entry, onGap: onGap),
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

    private func found(_ start: Result<FeedStart, ServiceError>, _ call: ServerCall) {
        guard case .following(let following) = state, case .starting = following.activity else {
            return
        }
        following.activity = .none
        switch start {
        case .success(let start):
            following.follower.begin(at: start)
            following.gauge.move(to: start.place)
            pump(call)
        case .failure(let error):
            end(error, call)
        }
    }
}
