import AuditModel
import Codec

/// Makes an audit event of a CloudTrail record, as the CloudTrail user guide describes it under
/// "CloudTrail record contents".
///
/// The same record always makes the same event: importing it again stores nothing new. Where
/// several accounts share one organization, the scope tells them apart: a target's id is unique
/// in its account and region only.
struct CloudTrailMapping: Sendable {
    /// Why a record is none.
    struct Fault: Error, Hashable {
        var message: String
    }

    /// Instead of the account that received the record.
    var organizationID: String?

    func event(from record: JSONValue) throws(Fault) -> Event {
        let id = try required("eventID", of: record)
        guard EventID(id) != nil else { throw Fault(message: "eventID is not a UUID") }
        let time = try required("eventTime", of: record)
        guard let occurredAt = Timestamp(rfc3339: time) else {
            throw Fault(message: "eventTime is not an RFC 3339 time")
        }
        let eventName = try required("eventName", of: record)
        let eventSource = try required("eventSource", of: record)
        let identity = CloudTrailIdentity(record: record)
        let account = record.field("recipientAccountId")?.scalar ?? identity.accountID
        guard let organizationID = organizationID ?? account, !organizationID.isEmpty else {
            throw Fault(message: "no recipientAccountId: name the organization")
        }

        var fitting = Fitting()
        let target = CloudTrailTarget(
            record: record, eventName: eventName, eventSource: eventSource)
        let ending = CloudTrailOutcome(record: record)
        let userAgent = agent(record)
        var event = Event(
            id: id.lowercased(),
            organizationID: fitting.fit(
                organizationID, field: "organization_id",
                bytesMax: Codec.Limits.organizationBytesMax),
            occurredAt: occurredAt, eventType: fitting.fit(eventName, field: "event_type"),
            target: fit(target.target, &fitting), scope: scope(record, account, &fitting),
            actor: fit(identity.actor, &fitting))
        event.source = CloudTrailSource.source(
            userAgent: userAgent, eventName: eventName,
            isFromConsole: record.field("sessionCredentialFromConsole")?.scalar == "true")
        event.change = fitting.fit(
            CloudTrailChange.line(
                record: record, eventName: eventName, target: target.target, ending: ending),
            field: "change", bytesMax: Codec.Limits.changeBytesMax)
        event.snapshot = fitting.fit(snapshot: record.field("responseElements"))
        event.outcome = ending.outcome
        event.reason = fitting.fit(ending.reason, field: "reason")
        event.context = Event.RequestContext(
            ipAddress: fitting.fit(
                record.field("sourceIPAddress")?.string ?? "", field: "ip_address"),
            userAgent: fitting.fit(userAgent, field: "user_agent"),
            requestID: fitting.fit(record.field("requestID")?.string ?? "", field: "request_id"))
        let details =
            identity.details + details(record, eventSource, target)
        for (key, value) in details {
            guard let value, !value.isEmpty else { continue }
            event.metadata[key] = fitting.fit(value, field: "metadata.\(key)")
        }
        if !fitting.cutFields.isEmpty {
            event.metadata["truncated"] = fitting.cutFields.joined(separator: ", ")
        }
        return event
    }

    private func required(_ key: String, of record: JSONValue) throws(Fault) -> String {
        guard let text = record[key]?.string, !text.isEmpty else {
            throw Fault(message: "\(key) is missing")
        }
        return text
    }

    /// S3 puts its agents into brackets.
    private func agent(_ record: JSONValue) -> String {
        let text = record.field("userAgent")?.string ?? ""
        return text.hasPrefix("[") && text.hasSuffix("]")
            ? String(text.dropFirst().dropLast()) : text
    }

    private func scope(
        _ record: JSONValue, _ account: String?, _ fitting: inout Fitting
    ) -> [Event.Resource] {
        var scope: [Event.Resource] = []
        if let account, !account.isEmpty {
            scope.append(
                Event.Resource(type: "ACCOUNT", id: fitting.fit(account, field: "scope")))
        }
        if let region = record.field("awsRegion")?.string, !region.isEmpty {
            scope.append(Event.Resource(type: "REGION", id: fitting.fit(region, field: "scope")))
        }
        return scope
    }

    private func fit(_ target: Event.Target, _ fitting: inout Fitting) -> Event.Target {
        Event.Target(
            type: fitting.fit(target.type, field: "target.type"),
            id: fitting.fit(target.id, field: "target.id"))
    }

    private func fit(_ actor: Event.Actor, _ fitting: inout Fitting) -> Event.Actor {
        Event.Actor(
            type: actor.type, id: fitting.fit(actor.id, field: "actor.id"),
            name: fitting.fit(actor.name, field: "actor.name"))
    }

    private func details(
        _ record: JSONValue, _ eventSource: String, _ target: CloudTrailTarget
    ) -> [(key: String, value: String?)] {
        let request = record.field("requestParameters").flatMap { $0.isEmptyObject ? nil : $0.text }
        return [
            ("aws_event_type", record.field("eventType")?.string),
            ("error_code", record.field("errorCode")?.string),
            ("event_category", record.field("eventCategory")?.string),
            ("event_source", eventSource),
            ("event_version", record.field("eventVersion")?.string),
            ("read_only", record.field("readOnly")?.scalar),
            ("request_parameters", request),
            ("resource_arns", target.resourceNames.joined(separator: " ")),
            ("service_event_details", record.field("serviceEventDetails")?.text),
            ("shared_event_id", record.field("sharedEventID")?.string),
            ("tls_version", record.field("tlsDetails")?.field("tlsVersion")?.string),
            ("vpc_endpoint_id", record.field("vpcEndpointId")?.string),
        ]
    }
}
