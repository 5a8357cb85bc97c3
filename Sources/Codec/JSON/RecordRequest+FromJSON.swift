import AuditModel

extension RecordRequest {
    /// Reads `{"organization_id": ..., "events": [...], "partial_success": ...}`, with events as `Event.init(json:)`
    /// reads them. Snapshots are kept without the white space between their tokens.
    ///
    /// - Throws: `.malformed` for what is not JSON, `.invalid` naming the first field that is unknown, there twice or
    ///   of a wrong type, or without events. Other limits are the server's to judge.
    public init(json: [UInt8]) throws(CodecError) {
        var request = RecordRequest(events: [])
        try JSONObjectReader.read(json, of: "request") { (reader) throws(CodecError) in
            try reader.object { (field, reader) throws(CodecError) in
                switch field {
                case "organization_id": request.organizationID = try reader.string()
                case "partial_success": request.partialSuccess = try reader.bool()
                case "events":
                    try reader.array { (reader) throws(CodecError) in
                        var event = try Event(&reader)
                        event.snapshot = JSONText.compact(event.snapshot)
                        request.events.append(event)
                    }
                default: return false
                }
                return true
            }
        }
        guard !request.events.isEmpty else {
            throw .invalid("events", "has no event; at least one is expected")
        }
        self = request
    }
}
