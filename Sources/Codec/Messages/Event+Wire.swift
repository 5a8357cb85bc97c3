import AuditModel
import CAuditProto
import CProtobufC

extension Event: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.Event" }

    init(_ message: Auditrpc__V1__Event, _ check: inout FieldCheck) {
        id = check.string(message.id, "id")
        organizationID = check.string(message.organization_id, "organization_id")
        occurredAt = check.timestamp(message.occurred_at, "occurred_at")
        eventType = check.string(message.event_type, "event_type")
        target = check.optional(Target.self, "target", message.target) ?? Target()
        scope = check.list(Resource.self, "scope", message.n_scope, message.scope)
        actor = check.optional(Actor.self, "actor", message.actor) ?? Actor()
        onBehalfOf = check.list(
            Actor.self, "on_behalf_of", message.n_on_behalf_of, message.on_behalf_of)
        source = check.string(message.source, "source")
        change = check.string(message.change, "change")
        snapshot = [UInt8](message.snapshot.buffer)
        // A reader that is older than the server passes over the values that it does not know.
        outcome = Outcome(rawValue: Int32(bitPattern: message.outcome.rawValue)) ?? .unspecified
        reason = check.string(message.reason, "reason")
        context =
            check.optional(RequestContext.self, "context", message.context) ?? RequestContext()
        metadata = [:]
        for index in 0..<message.n_metadata {
            guard let entry = message.metadata?[index]?.pointee else { continue }
            let key = check.string(entry.key, "metadata", index)
            metadata[key] = check.string(entry.value, "metadata", index)
        }
        sequence = Sequence(message.sequence)
        recordedAt = check.timestamp(message.recorded_at, "recorded_at")
        recorder = check.optional(Recorder.self, "recorder", message.recorder) ?? Recorder()
    }

    func write(to message: inout Auditrpc__V1__Event, in arena: borrowing Arena) {
        message.id = arena.copy(id)
        message.organization_id = arena.copy(organizationID)
        message.occurred_at = arena.timestamp(occurredAt)
        message.event_type = arena.copy(eventType)
        message.target = target == Target() ? nil : arena.message(target)
        message.n_scope = scope.count
        message.scope = arena.messages(scope)
        message.actor = actor == Actor() ? nil : arena.message(actor)
        message.n_on_behalf_of = onBehalfOf.count
        message.on_behalf_of = arena.messages(onBehalfOf)
        message.source = arena.copy(source)
        message.change = arena.copy(change)
        message.snapshot = arena.copy(snapshot)
        message.outcome = Auditrpc__V1__Outcome(UInt32(bitPattern: outcome.rawValue))
        message.reason = arena.copy(reason)
        message.context = context == RequestContext() ? nil : arena.message(context)
        // Sorted, so that equal events have equal bytes.
        let pairs = metadata.sorted { $0.key < $1.key }.map { MetadataEntry($0.key, $0.value) }
        message.n_metadata = pairs.count
        message.metadata = arena.messages(pairs)
        message.sequence = sequence.rawValue
        message.recorded_at = arena.timestamp(recordedAt)
        message.recorder = recorder == Recorder() ? nil : arena.message(recorder)
    }
}

/// What a map is on the wire.
private struct MetadataEntry: CodedValue {
    let key: String
    let value: String

    init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    init(_ message: Auditrpc__V1__Event__MetadataEntry, _ check: inout FieldCheck) {
        key = check.string(message.key, "key")
        value = check.string(message.value, "value")
    }

    func write(to message: inout Auditrpc__V1__Event__MetadataEntry, in arena: borrowing Arena) {
        message.key = arena.copy(key)
        message.value = arena.copy(value)
    }
}

extension Event.Target: CodedValue {
    init(_ message: Auditrpc__V1__Target, _ check: inout FieldCheck) {
        type = check.string(message.type, "type")
        id = check.string(message.id, "id")
        name = check.string(message.name, "name")
    }

    func write(to message: inout Auditrpc__V1__Target, in arena: borrowing Arena) {
        message.type = arena.copy(type)
        message.id = arena.copy(id)
        message.name = arena.copy(name)
    }
}

extension Event.Resource: CodedValue {
    init(_ message: Auditrpc__V1__Resource, _ check: inout FieldCheck) {
        type = check.string(message.type, "type")
        id = check.string(message.id, "id")
        name = check.string(message.name, "name")
    }

    func write(to message: inout Auditrpc__V1__Resource, in arena: borrowing Arena) {
        message.type = arena.copy(type)
        message.id = arena.copy(id)
        message.name = arena.copy(name)
    }
}

extension Event.Actor: CodedValue {
    init(_ message: Auditrpc__V1__Actor, _ check: inout FieldCheck) {
        type = ActorType(rawValue: Int32(bitPattern: message.type.rawValue)) ?? .unspecified
        id = check.string(message.id, "id")
        name = check.string(message.name, "name")
    }

    func write(to message: inout Auditrpc__V1__Actor, in arena: borrowing Arena) {
        message.type = Auditrpc__V1__ActorType(UInt32(bitPattern: type.rawValue))
        message.id = arena.copy(id)
        message.name = arena.copy(name)
    }
}

extension Event.RequestContext: CodedValue {
    init(_ message: Auditrpc__V1__RequestContext, _ check: inout FieldCheck) {
        ipAddress = check.string(message.ip_address, "ip_address")
        userAgent = check.string(message.user_agent, "user_agent")
        requestID = check.string(message.request_id, "request_id")
        traceparent = check.string(message.traceparent, "traceparent")
    }

    func write(to message: inout Auditrpc__V1__RequestContext, in arena: borrowing Arena) {
        message.ip_address = arena.copy(ipAddress)
        message.user_agent = arena.copy(userAgent)
        message.request_id = arena.copy(requestID)
        message.traceparent = arena.copy(traceparent)
    }
}

extension Event.Recorder: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.Recorder" }

    init(_ message: Auditrpc__V1__Recorder, _ check: inout FieldCheck) {
        credential =
            CredentialType(rawValue: Int32(bitPattern: message.credential.rawValue)) ?? .unspecified
        id = check.string(message.id, "id")
        name = check.string(message.name, "name")
        peerAddress = check.string(message.peer_address, "peer_address")
        userAgent = check.string(message.user_agent, "user_agent")
    }

    func write(to message: inout Auditrpc__V1__Recorder, in arena: borrowing Arena) {
        message.credential = Auditrpc__V1__CredentialType(UInt32(bitPattern: credential.rawValue))
        message.id = arena.copy(id)
        message.name = arena.copy(name)
        message.peer_address = arena.copy(peerAddress)
        message.user_agent = arena.copy(userAgent)
    }
}
