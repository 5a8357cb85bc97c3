import AuditModel
import AuditRPC
import Codec
import NIOCore
import Subscribe

/// From the request to the first step.
extension SubscribeCall {
    func open(_ request: SubscribeRequest, _ call: ServerCall) {
        let organization = Self.organization(of: request)
        let stored = feed.stored(of: organization, after: .zero)
        switch request.start {
        case .now: follow(request, after: stored.head, call)
        case .oldest: follow(request, after: stored.oldest.previous, call)
        case .after(let sequence): follow(request, after: sequence, call)
        case .since(let time):
            state = .starting
            let reference = reference(of: call)
            feed.findStart(of: organization, since: time) { start in
                reference.call.execute { call in
                    reference.handler.value.started(request, start, call)
                }
            }
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
        let plan = SearchPlan(request.filter, organization: organization)
        let gauge = SubscriptionGauge(position: position)
        guard
            let subscription = feed.hub.subscribe(
                plan.filter, waker: reference(of: call), gauge: gauge)
        else {
            return end(
                ServiceError(.busy, "the server follows for as many subscribers as it may"),
                call)
        }
        let interval = request.progressInterval ?? feed.limits.progressIntervalDefault
        send(.started(head: head, oldest: stored.oldest), call)
        began(
            Following(
                machine: FollowMachine(
                    after: position, onGap: request.onGap == .continue ? .goOn : .fail),
                group: feed.join(plan), subscription: subscription, gauge: gauge,
                progressInterval: .nanoseconds(interval.nanosecondsSaturating),
                wheel: wheel(of: call)), call)
    }

    private static func organization(of request: SubscribeRequest) -> [UInt8]? {
        request.organizationID.isEmpty ? nil : Array(request.organizationID.utf8)
    }
}
