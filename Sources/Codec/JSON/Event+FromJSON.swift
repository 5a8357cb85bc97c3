import AuditModel

extension Event {
    /// Reads the JSON view that `json` writes. Enumerations may carry their prefix; null is as good
    /// as absent, except as the snapshot, where it is a value.
    ///
    /// - Throws: `.malformed` for what is not JSON, `.invalid` naming the first field that is
    ///   unknown, there twice or of a wrong type. Limits are the server's to judge.
    public init(json: [UInt8]) throws(CodecError) {
        self = try JSONObjectReader.read(json, of: "event") { (reader) throws(CodecError) in
            try Event(&reader)
        }
    }

    init(_ reader: inout JSONObjectReader) throws(CodecError) {
        self.init()
        try reader.object { (field, reader) throws(CodecError) in
            switch field {
            case "id": id = try reader.string()
            case "organization_id": organizationID = try reader.string()
            case "occurred_at": occurredAt = try reader.time()
            case "event_type": eventType = try reader.string()
            case "target":
                try reader.resource { target = Target(type: $0, id: $1, name: $2) }
            case "scope":
                try reader.array { (reader) throws(CodecError) in
                    try reader.resource { scope.append(Resource(type: $0, id: $1, name: $2)) }
                }
            case "actor": actor = try reader.actor()
            case "on_behalf_of":
                try reader.array { (reader) throws(CodecError) in
                    onBehalfOf.append(try reader.actor())
                }
            case "source": source = try reader.string()
            case "change": change = try reader.string()
            case "snapshot": snapshot = try reader.raw()
            case "outcome": outcome = try reader.enumeration(prefix: "OUTCOME_") ?? .unspecified
            case "reason": reason = try reader.string()
            case "context": context = try reader.context()
            case "metadata":
                try reader.object { (key, reader) throws(CodecError) in
                    metadata[key] = try reader.string()
                    return true
                }
            case "sequence": sequence = Sequence(try reader.number())
            case "recorded_at": recordedAt = try reader.time()
            case "recorder": recorder = try reader.recorder()
            default: return false
            }
            return true
        }
    }
}

extension JSONObjectReader {
    fileprivate mutating func resource(
        _ body: (String, String, String) -> Void
    ) throws(CodecError) {
        var (type, id, name) = ("", "", "")
        try object { (field, reader) throws(CodecError) in
            switch field {
            case "type": type = try reader.string()
            case "id": id = try reader.string()
            case "name": name = try reader.string()
            default: return false
            }
            return true
        }
        body(type, id, name)
    }

    fileprivate mutating func actor() throws(CodecError) -> Event.Actor {
        var actor = Event.Actor()
        try object { (field, reader) throws(CodecError) in
            switch field {
            case "type":
                actor.type = try reader.enumeration(prefix: "ACTOR_TYPE_") ?? .unspecified
            case "id": actor.id = try reader.string()
            case "name": actor.name = try reader.string()
            default: return false
            }
            return true
        }
        return actor
    }

    fileprivate mutating func context() throws(CodecError) -> Event.RequestContext {
        var context = Event.RequestContext()
        try object { (field, reader) throws(CodecError) in
            switch field {
            case "ip_address": context.ipAddress = try reader.string()
            case "user_agent": context.userAgent = try reader.string()
            case "request_id": context.requestID = try reader.string()
            case "traceparent": context.traceparent = try reader.string()
            default: return false
            }
            return true
        }
        return context
    }

    fileprivate mutating func recorder() throws(CodecError) -> Event.Recorder {
        var recorder = Event.Recorder()
        try object { (field, reader) throws(CodecError) in
            switch field {
            case "credential":
                recorder.credential =
                    try reader.enumeration(prefix: "CREDENTIAL_TYPE_") ?? .unspecified
            case "id": recorder.id = try reader.string()
            case "name": recorder.name = try reader.string()
            case "peer_address": recorder.peerAddress = try reader.string()
            case "user_agent": recorder.userAgent = try reader.string()
            default: return false
            }
            return true
        }
        return recorder
    }
}
