import AuditModel

extension Quota {
    /// The JSON view on one line; what is not limited is left out.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.quota(self)
        return writer.bytes
    }
}

extension SubjectQuota {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.subjectQuota(self)
        return writer.bytes
    }
}

extension SetQuotaResponse {
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { json in
            json.key("before")
            json.subjectQuota(before)
            json.key("after")
            json.subjectQuota(after)
            json.member("event_sequence", eventSequence.rawValue)
        }
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func subjectQuota(_ subject: SubjectQuota) {
        object { json in
            json.member("organization_id", subject.organizationID)
            json.member("token_id", subject.tokenID)
            if let quota = subject.quota {
                json.key("quota")
                json.quota(quota)
            }
            json.member("inherited", subject.inherited)
        }
    }

    fileprivate mutating func quota(_ quota: Quota) {
        object { json in
            json.member("events_per_second", quota.eventsPerSecond)
            json.member("bytes_per_day", quota.bytesPerDay)
            json.member("subscribers", quota.subscribers)
            json.member("query_millis_per_second", quota.queryMillisPerSecond)
        }
    }
}
