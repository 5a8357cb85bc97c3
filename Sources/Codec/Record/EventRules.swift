import AuditModel
import CAuditProto
import CProtobufC

/// The limits that event.proto sets to an event of a caller.
struct EventRules {
    private let now: Timestamp
    private let latest: Timestamp

    init(now: Timestamp) {
        self.now = now
        latest = now.advanced(by: Limits.occurredAheadMax)
    }

    /// Notes what the contract refuses. The organization is filled in already.
    func check(_ event: UnsafeMutablePointer<Auditrpc__V1__Event>, _ check: inout FieldCheck) {
        let event = event.pointee
        if event.id.len > 0, EventID(text: event.id.buffer) == nil {
            check.refuse("id", notUUID(event.id.len))
        }
        if event.organization_id.len == 0 {
            check.refuse("organization_id", "is required, in the event or in the request")
        } else {
            check.text(
                event.organization_id.buffer, "organization_id",
                bytesMax: Limits.organizationBytesMax)
        }
        time(event.occurred_at, &check)
        check.required(event.event_type.buffer, "event_type")
        target(event.target, &check)
        scope(event, &check)
        actors(event, &check)
        check.text(event.source.buffer, "source")
        check.text(event.change.buffer, "change", bytesMax: Limits.changeBytesMax)
        if event.snapshot.len > 0, let fault = JSONScanner.fault(in: event.snapshot.buffer) {
            check.refuse("snapshot", "is not valid JSON: \(fault)")
        }
        if Outcome(rawValue: Int32(bitPattern: event.outcome.rawValue)) == nil {
            let number = Int32(bitPattern: event.outcome.rawValue)
            check.refuse("outcome", unknownValue(number, of: Outcome.self))
        }
        check.text(event.reason.buffer, "reason")
        context(event.context, &check)
        metadata(event, &check)
    }

    private func time(
        _ message: UnsafeMutablePointer<Google__Protobuf__Timestamp>?, _ check: inout FieldCheck
    ) {
        guard message != nil, let time = check.timestamp(message, "occurred_at") else { return }
        if time < .epoch {
            check.refuse("occurred_at", "is \(time.rfc3339); nothing before 1970 is accepted")
        } else if time > latest {
            check.refuse(
                "occurred_at",
                """
                is \(time.rfc3339), more than 5 minutes after the server's clock \
                (\(now.rfc3339))
                """)
        }
    }

    private func target(
        _ target: UnsafeMutablePointer<Auditrpc__V1__Target>?, _ check: inout FieldCheck
    ) {
        guard let target = target?.pointee else { return check.refuse("target", "is required") }
        check.enter("target")
        check.required(target.type.buffer, "type")
        check.required(target.id.buffer, "id")
        check.text(target.name.buffer, "name")
        check.leave()
    }

    private func scope(_ event: Auditrpc__V1__Event, _ check: inout FieldCheck) {
        guard event.n_scope <= Limits.scopeDepthMax else {
            return check.refuse(
                "scope", tooMany(event.n_scope, "resources", Limits.scopeDepthMax))
        }
        for index in 0..<event.n_scope {
            guard let resource = event.scope[index]?.pointee else { continue }
            check.enter("scope", index)
            check.required(resource.type.buffer, "type")
            check.required(resource.id.buffer, "id")
            check.text(resource.name.buffer, "name")
            check.leave()
        }
    }

    private func actors(_ event: Auditrpc__V1__Event, _ check: inout FieldCheck) {
        if let acting = event.actor?.pointee {
            check.enter("actor")
            actor(acting, &check)
            check.leave()
        } else {
            check.refuse("actor", "is required")
        }
        guard event.n_on_behalf_of <= Limits.onBehalfOfMax else {
            return check.refuse(
                "on_behalf_of", tooMany(event.n_on_behalf_of, "actors", Limits.onBehalfOfMax))
        }
        for index in 0..<event.n_on_behalf_of {
            guard let served = event.on_behalf_of[index]?.pointee else { continue }
            check.enter("on_behalf_of", index)
            actor(served, &check)
            check.leave()
        }
    }

    private func actor(_ actor: Auditrpc__V1__Actor, _ check: inout FieldCheck) {
        let number = Int32(bitPattern: actor.type.rawValue)
        if number == 0 {
            check.refuse("type", "is required")
        } else if ActorType(rawValue: number) == nil {
            check.refuse("type", unknownValue(number, of: ActorType.self))
        }
        check.required(actor.id.buffer, "id")
        check.text(actor.name.buffer, "name")
    }

    private func context(
        _ context: UnsafeMutablePointer<Auditrpc__V1__RequestContext>?, _ check: inout FieldCheck
    ) {
        guard let context = context?.pointee else { return }
        check.enter("context")
        check.text(context.ip_address.buffer, "ip_address")
        check.text(context.user_agent.buffer, "user_agent")
        check.text(context.request_id.buffer, "request_id")
        check.text(context.traceparent.buffer, "traceparent")
        check.leave()
    }

    private func metadata(_ event: Auditrpc__V1__Event, _ check: inout FieldCheck) {
        guard event.n_metadata <= Limits.metadataPairsMax else {
            return check.refuse(
                "metadata", tooMany(event.n_metadata, "pairs", Limits.metadataPairsMax))
        }
        for index in 0..<event.n_metadata {
            guard let entry = event.metadata[index]?.pointee else { continue }
            check.enter("metadata", index)
            check.required(entry.key.buffer, "key")
            check.text(entry.value.buffer, "value")
            for other in 0..<index {
                guard let earlier = event.metadata[other]?.pointee else { continue }
                if equalBytes(earlier.key.buffer, entry.key.buffer) {
                    check.refuse("key", "is the same as that of metadata[\(other)]")
                    break
                }
            }
            check.leave()
        }
    }
}

/// "has 9 resources; at most 8 are allowed"
private func tooMany(_ count: Int, _ things: String, _ countMax: Int) -> String {
    "has \(grouped(count)) \(things); at most \(grouped(countMax)) are allowed"
}
