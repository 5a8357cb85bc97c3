import AuditModel
import CAuditProto
import CProtobufC

extension Quota: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.Quota" }

    init(_ message: Auditrpc__V1__Quota, _ check: inout FieldCheck) {
        eventsPerSecond = message.events_per_second
        bytesPerDay = message.bytes_per_day
        subscribers = message.subscribers
        queryMillisPerSecond = message.query_millis_per_second
    }

    func write(to message: inout Auditrpc__V1__Quota, in arena: borrowing Arena) {
        message.events_per_second = eventsPerSecond
        message.bytes_per_day = bytesPerDay
        message.subscribers = subscribers
        message.query_millis_per_second = queryMillisPerSecond
    }
}

extension SubjectQuota: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.SubjectQuota" }

    init(_ message: Auditrpc__V1__SubjectQuota, _ check: inout FieldCheck) {
        organizationID = check.string(message.organization_id, "organization_id")
        tokenID = check.string(message.token_id, "token_id")
        quota = check.optional(Quota.self, "quota", message.quota)
        inherited = message.inherited != 0
    }

    func write(to message: inout Auditrpc__V1__SubjectQuota, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.token_id = arena.copy(tokenID)
        if let quota { message.quota = arena.message(quota) }
        message.inherited = inherited ? 1 : 0
    }
}

extension SetQuotaRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.SetQuotaRequest" }

    init(_ message: Auditrpc__V1__SetQuotaRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        check.text(message.token_id.buffer, "token_id")
        tokenID = check.string(message.token_id, "token_id")
        switch message.change_case {
        case AUDITRPC__V1__SET_QUOTA_REQUEST__CHANGE_QUOTA:
            quota = check.optional(Quota.self, "quota", message.quota)
        case AUDITRPC__V1__SET_QUOTA_REQUEST__CHANGE_REMOVE:
            quota = nil
            if message.remove == 0 { check.refuse("remove", "is false; leave it out instead") }
        default:
            quota = nil
            check.refuse("quota", "is required, or remove")
        }
        check.text(message.reason.buffer, "reason")
        reason = check.string(message.reason, "reason")
        if !organizationID.isEmpty, !tokenID.isEmpty {
            check.refuse("token_id", "is set as well as organization_id; a quota is of one of them")
        }
    }

    func write(to message: inout Auditrpc__V1__SetQuotaRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.token_id = arena.copy(tokenID)
        if let quota {
            message.change_case = AUDITRPC__V1__SET_QUOTA_REQUEST__CHANGE_QUOTA
            message.quota = arena.message(quota)
        } else {
            message.change_case = AUDITRPC__V1__SET_QUOTA_REQUEST__CHANGE_REMOVE
            message.remove = 1
        }
        message.reason = arena.copy(reason)
    }
}

extension SetQuotaResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.SetQuotaResponse" }

    init(_ message: Auditrpc__V1__SetQuotaResponse, _ check: inout FieldCheck) {
        before = check.optional(SubjectQuota.self, "before", message.before) ?? SubjectQuota()
        after = check.optional(SubjectQuota.self, "after", message.after) ?? SubjectQuota()
        eventSequence = Sequence(message.event_sequence)
    }

    func write(to message: inout Auditrpc__V1__SetQuotaResponse, in arena: borrowing Arena) {
        message.before = arena.message(before)
        message.after = arena.message(after)
        message.event_sequence = eventSequence.rawValue
    }
}

extension ListQuotasRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.ListQuotasRequest" }

    init(_ message: Auditrpc__V1__ListQuotasRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        pageSize = message.page_size
        if pageSize < 0 {
            check.refuse("page_size", "is negative (\(message.page_size)); 0 means 1,000")
        }
        check.text(message.page_token.buffer, "page_token")
        pageToken = check.string(message.page_token, "page_token")
    }

    func write(to message: inout Auditrpc__V1__ListQuotasRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.page_size = pageSize
        message.page_token = arena.copy(pageToken)
    }
}

extension ListQuotasResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.ListQuotasResponse" }

    init(_ message: Auditrpc__V1__ListQuotasResponse, _ check: inout FieldCheck) {
        quotas = check.list(SubjectQuota.self, "quotas", message.n_quotas, message.quotas)
        nextPageToken = check.string(message.next_page_token, "next_page_token")
    }

    func write(to message: inout Auditrpc__V1__ListQuotasResponse, in arena: borrowing Arena) {
        message.n_quotas = quotas.count
        message.quotas = arena.messages(quotas)
        message.next_page_token = arena.copy(nextPageToken)
    }
}
