import AuditModel

/// The limits that event.proto sets to an event of a caller.
struct EventRules {
    private let now: Timestamp
    private let latest: Timestamp

    init(now: Timestamp) {
        self.now = now
        latest = now.advanced(by: Limits.occurredAheadMax)
    }

    /// Notes what the contract refuses.
    ///
    /// - Parameter organization: the event's, or the request's where the event has none.
    func check(
        _ event: CanonicalEvent, organization: UnsafeRawBufferPointer, _ check: inout FieldCheck
    ) {
        if !event.id.isEmpty, EventID(text: event.id) == nil {
            check.refuse("id", notUUID(event.id.count))
        }
        if organization.isEmpty {
            check.refuse("organization_id", "is required, in the event or in the request")
        } else {
            check.text(organization, "organization_id", bytesMax: Limits.organizationBytesMax)
        }
        time(event.occurredAt, &check)
        check.required(event.eventType, "event_type")
        target(event.target, &check)
        scope(event.scope, &check)
        if let acting = event.actor {
            check.enter("actor")
            actor(acting, &check)
            check.leave()
        } else {
            check.refuse("actor", "is required")
        }
        onBehalfOf(event.onBehalfOf, &check)
        check.text(event.source, "source")
        check.text(event.change, "change", bytesMax: Limits.changeBytesMax)
        if !event.snapshot.isEmpty, let fault = JSONScanner.fault(in: event.snapshot) {
            check.refuse("snapshot", "is not valid JSON: \(fault)")
        }
        if Outcome(rawValue: event.outcome) == nil {
            check.refuse("outcome", unknownValue(event.outcome, of: Outcome.self))
        }
        check.text(event.reason, "reason")
        context(event.context, &check)
        metadata(event.metadata, &check)
    }

    private func time(_ time: CanonicalTime?, _ check: inout FieldCheck) {
        guard let time,
            let time = check.timestamp(time.seconds, time.nanoseconds, "occurred_at")
        else { return }
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

    private func target(_ target: CanonicalResource?, _ check: inout FieldCheck) {
        guard let target else { return check.refuse("target", "is required") }
        check.enter("target")
        resource(target, &check)
        check.leave()
    }

    private func scope(
        _ resources: CanonicalMessages<CanonicalResource>, _ check: inout FieldCheck
    ) {
        guard resources.count <= Limits.scopeDepthMax else {
            return check.refuse(
                "scope", tooMany(resources.count, "resources", Limits.scopeDepthMax))
        }
        for (index, enclosing) in resources.enumerated() {
            check.enter("scope", index)
            resource(enclosing, &check)
            check.leave()
        }
    }

    private func resource(_ resource: CanonicalResource, _ check: inout FieldCheck) {
        check.required(resource.type, "type")
        check.required(resource.id, "id")
        check.text(resource.name, "name")
    }

    private func onBehalfOf(
        _ actors: CanonicalMessages<CanonicalActor>, _ check: inout FieldCheck
    ) {
        guard actors.count <= Limits.onBehalfOfMax else {
            return check.refuse(
                "on_behalf_of", tooMany(actors.count, "actors", Limits.onBehalfOfMax))
        }
        for (index, served) in actors.enumerated() {
            check.enter("on_behalf_of", index)
            actor(served, &check)
            check.leave()
        }
    }

    private func actor(_ actor: CanonicalActor, _ check: inout FieldCheck) {
        if actor.type == 0 {
            check.refuse("type", "is required")
        } else if ActorType(rawValue: actor.type) == nil {
            check.refuse("type", unknownValue(actor.type, of: ActorType.self))
        }
        check.required(actor.id, "id")
        check.text(actor.name, "name")
    }

    private func context(_ context: CanonicalContext?, _ check: inout FieldCheck) {
        guard let context else { return }
        check.enter("context")
        check.text(context.ipAddress, "ip_address")
        check.text(context.userAgent, "user_agent")
        check.text(context.requestID, "request_id")
        check.text(context.traceparent, "traceparent")
        check.leave()
    }

    private func metadata(
        _ pairs: CanonicalMessages<CanonicalPair>, _ check: inout FieldCheck
    ) {
        guard pairs.count <= Limits.metadataPairsMax else {
            return check.refuse(
                "metadata", tooMany(pairs.count, "pairs", Limits.metadataPairsMax))
        }
        withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: pairs.count) {
            keys in
            for (index, pair) in pairs.enumerated() {
                check.enter("metadata", index)
                check.required(pair.key, "key")
                check.text(pair.value, "value")
                // The pairs are few enough to compare each with each.
                if let other = keys[..<index].firstIndex(where: { equalBytes($0, pair.key) }) {
                    check.refuse("key", "is the same as that of metadata[\(other)]")
                }
                keys.initializeElement(at: index, to: pair.key)
                check.leave()
            }
        }
    }
}

/// "has 9 resources; at most 8 are allowed"
private func tooMany(_ count: Int, _ things: String, _ countMax: Int) -> String {
    "has \(grouped(count)) \(things); at most \(grouped(countMax)) are allowed"
}
