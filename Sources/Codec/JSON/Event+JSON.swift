import AuditModel

extension Event {
    /// The JSON view on one line: the field names of the contract, times in RFC 3339, enumerations
    /// by their short names, the snapshot as the JSON that it is. Fields that are not set are left
    /// out.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.event(self)
        return writer.bytes
    }
}

extension JSONWriter {
    package mutating func event(_ event: Event) {
        object { json in
            json.member("id", event.id)
            json.member("organization_id", event.organizationID)
            json.member("occurred_at", event.occurredAt)
            json.member("event_type", event.eventType)
            if event.target != Event.Target() {
                json.key("target")
                json.resource(event.target.type, event.target.id, event.target.name)
            }
            json.member("scope", event.scope) { $0.resource($1.type, $1.id, $1.name) }
            if event.actor != Event.Actor() {
                json.key("actor")
                json.actor(event.actor)
            }
            json.member("on_behalf_of", event.onBehalfOf) { $0.actor($1) }
            json.member("source", event.source)
            json.member("change", event.change)
            json.member("snapshot", json: event.snapshot)
            json.member("outcome", event.outcome)
            json.member("reason", event.reason)
            if event.context != Event.RequestContext() {
                json.key("context")
                json.context(event.context)
            }
            if !event.metadata.isEmpty {
                json.key("metadata")
                json.object { json in
                    for (key, value) in event.metadata.sorted(by: { $0.key < $1.key }) {
                        json.key(key)
                        json.string(value)
                    }
                }
            }
            json.member("sequence", event.sequence.rawValue)
            json.member("recorded_at", event.recordedAt)
            if event.recorder != Event.Recorder() {
                json.key("recorder")
                json.recorder(event.recorder)
            }
        }
    }

    private mutating func resource(_ type: String, _ id: String, _ name: String) {
        object { json in
            json.member("type", type)
            json.member("id", id)
            json.member("name", name)
        }
    }

    private mutating func actor(_ actor: Event.Actor) {
        object { json in
            json.member("type", actor.type)
            json.member("id", actor.id)
            json.member("name", actor.name)
        }
    }

    private mutating func recorder(_ recorder: Event.Recorder) {
        object { json in
            json.member("credential", recorder.credential)
            json.member("id", recorder.id)
            json.member("name", recorder.name)
            json.member("peer_address", recorder.peerAddress)
            json.member("user_agent", recorder.userAgent)
        }
    }

    private mutating func context(_ context: Event.RequestContext) {
        object { json in
            json.member("ip_address", context.ipAddress)
            json.member("user_agent", context.userAgent)
            json.member("request_id", context.requestID)
            json.member("traceparent", context.traceparent)
        }
    }
}
