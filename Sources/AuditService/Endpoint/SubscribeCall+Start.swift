import Access
import AuditModel
import AuditRPC
import Codec
import NIOCore
import Subscribe

/// From the request to the first step.
extension SubscribeCall {
    /// What a call has before it knows where it begins: its place among the subscriptions, so that
    /// looking for the start is something that only so many do.
    struct Starting {
        let plan: SearchPlan
        let subscription: SubscriptionID
        let gauge: SubscriptionGauge
        var wait: FeedWait<Result<Sequence, ServiceError>>?
    }

    func open(_ request: SubscribeRequest, _ call: ServerCall) {
        let caller = call.origin.caller
        let organization: [UInt8]?
        do throws(ServiceError) {
            let name = try caller.organizationNamed(by: request.organizationID)
            organization = name.isEmpty ? nil : Array(name.utf8)
            tracer.note(.subscription, of: name, from: call.origin)
        } catch {
            return end(error, call)
        }
        let stored = feed.stored(of: organization, after: .zero)
        let plan = SearchPlan(request.filter, within: caller.bounds, organization: organization)
        // Of one that looks for its start nobody knows how far it is behind.
        let gauge = SubscriptionGauge(position: stored.head)
        guard
            let subscription = feed.hub.subscribe(
                plan.filter, waker: reference(of: call), gauge: gauge)
        else {
            return end(
                ServiceError(.busy, "the server follows for as many subscribers as it may"),
                call)
        }
        var starting = Starting(plan: plan, subscription: subscription, gauge: gauge)
        state = .starting(starting)
        switch request.start {
        case .now: follow(request, after: stored.head, starting, call)
        case .oldest: follow(request, after: stored.oldest.previous, starting, call)
        case .after(let sequence): follow(request, after: sequence, starting, call)
        case .since(let time):
            gauge.turn(to: .catchingUp)
            let reference = reference(of: call)
            starting.wait = feed.findStart(of: organization, since: time) { start in
                reference.call.execute { call in
                    reference.handler.value.started(request, start, call)
                }
            }
            state = .starting(starting)
        }
    }

    private func started(
        _ request: SubscribeRequest, _ start: Result<Sequence, ServiceError>, _ call: ServerCall
    ) {
        guard case .starting(let starting) = state else { return }
        switch start {
        case .success(let position): follow(request, after: position, starting, call)
        case .failure(let error): end(error, call)
        }
    }

    private func follow(
        _ request: SubscribeRequest, after position: Sequence, _ starting: Starting,
        _ call: ServerCall
    ) {
        let stored = feed.stored(of: starting.plan.organization, after: .zero)
        let head = max(stored.head, feed.head)
        guard position <= head else {
            return end(
                ServiceError(
                    .outOfRange, "after_sequence \(position) is above the newest, \(head)"), call)
        }
        starting.gauge.move(to: position)
        starting.gauge.turn(to: .live)
        let interval = request.progressInterval ?? feed.limits.progressIntervalDefault
        send(.started(head: head, oldest: stored.oldest), call)
        began(
            Following(
                machine: FollowMachine(
                    after: position, onGap: request.onGap == .continue ? .goOn : .fail),
                group: feed.join(starting.plan), subscription: starting.subscription,
                gauge: starting.gauge,
                progressInterval: .nanoseconds(interval.nanosecondsSaturating),
                wheel: wheel(of: call)), call)
    }
}
