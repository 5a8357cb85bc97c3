import AuditModel
import CAuditProto
import CProtobufC

extension RetentionPolicy: CodedValue {
    init(_ message: Auditrpc__V1__RetentionPolicy, _ check: inout FieldCheck) {
        plan = check.enumeration(RetentionPlan.self, message.plan.rawValue, "plan") ?? .unspecified
        maxAge = check.duration(message.max_age, "max_age")
        guard let maxAge else { return }
        if let ofPlan = plan.maxAge, maxAge != ofPlan {
            check.refuse("max_age", "is not that of the plan \(plan.name); ENTERPRISE takes any")
        } else if maxAge < Limits.retentionAgeMin || maxAge > Limits.retentionAgeMax {
            check.refuse("max_age", "is not within 1 second and 36,500 days")
        }
    }

    func write(to message: inout Auditrpc__V1__RetentionPolicy, in arena: borrowing Arena) {
        message.plan = Auditrpc__V1__RetentionPlan(UInt32(bitPattern: plan.rawValue))
        message.max_age = arena.duration(maxAge)
    }
}

extension OrganizationRetention: CodedValue {
    init(_ message: Auditrpc__V1__OrganizationRetention, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        policy =
            check.optional(RetentionPolicy.self, "policy", message.policy) ?? RetentionPolicy()
        inherited = message.inherited != 0
        legalHold = message.legal_hold != 0
    }

    func write(to message: inout Auditrpc__V1__OrganizationRetention, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.policy = arena.message(policy)
        message.inherited = inherited ? 1 : 0
        message.legal_hold = legalHold ? 1 : 0
    }
}

extension GetRetentionRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetRetentionRequest" }

    init(_ message: Auditrpc__V1__GetRetentionRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
    }

    func write(to message: inout Auditrpc__V1__GetRetentionRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
    }
}

extension GetRetentionResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetRetentionResponse" }

    init(_ message: Auditrpc__V1__GetRetentionResponse, _ check: inout FieldCheck) {
        retention = check.retention(message.retention, "retention")
        oldestSequence = Sequence(message.oldest_sequence)
    }

    func write(to message: inout Auditrpc__V1__GetRetentionResponse, in arena: borrowing Arena) {
        message.retention = arena.message(retention)
        message.oldest_sequence = oldestSequence.rawValue
    }
}

extension ListRetentionRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.ListRetentionRequest" }

    init(_ message: Auditrpc__V1__ListRetentionRequest, _ check: inout FieldCheck) {
        pageSize = message.page_size
        pageToken = ""
        if pageSize < 0 {
            check.refuse("page_size", "is negative (\(message.page_size)); 0 means 1,000")
        }
        if message.page_token.len > Limits.pageTokenBytesMax {
            check.refuse(
                "page_token", tooLong(message.page_token.len, Limits.pageTokenBytesMax))
        } else {
            pageToken = check.string(message.page_token, "page_token")
        }
    }

    func write(to message: inout Auditrpc__V1__ListRetentionRequest, in arena: borrowing Arena) {
        message.page_size = pageSize
        message.page_token = arena.copy(pageToken)
    }
}

extension ListRetentionResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.ListRetentionResponse" }

    init(_ message: Auditrpc__V1__ListRetentionResponse, _ check: inout FieldCheck) {
        retentions = check.list(
            OrganizationRetention.self, "retentions", message.n_retentions, message.retentions)
        nextPageToken = check.string(message.next_page_token, "next_page_token")
    }

    func write(to message: inout Auditrpc__V1__ListRetentionResponse, in arena: borrowing Arena) {
        message.n_retentions = retentions.count
        message.retentions = arena.messages(retentions)
        message.next_page_token = arena.copy(nextPageToken)
    }
}

extension SetRetentionRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.SetRetentionRequest" }

    init(_ message: Auditrpc__V1__SetRetentionRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        switch message.change_case {
        case AUDITRPC__V1__SET_RETENTION_REQUEST__CHANGE_POLICY:
            change = .policy(
                check.optional(RetentionPolicy.self, "policy", message.policy)
                    ?? RetentionPolicy())
        case AUDITRPC__V1__SET_RETENTION_REQUEST__CHANGE_INHERIT:
            change = .inherit
            if message.inherit == 0 { check.refuse("inherit", "is false; leave it out instead") }
        default: break
        }
        legalHold =
            check.enumeration(LegalHold.self, message.legal_hold.rawValue, "legal_hold")
            ?? .unspecified
        check.text(message.reason.buffer, "reason")
        reason = check.string(message.reason, "reason")
        dryRun = message.dry_run != 0
        guard organizationID.isEmpty else { return }
        if change == .inherit { check.refuse("inherit", "the default policy cannot be inherited") }
        if legalHold != .unspecified {
            check.refuse("legal_hold", "is for one organization: name it in organization_id")
        }
    }

    func write(to message: inout Auditrpc__V1__SetRetentionRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        switch change {
        case .policy(let policy):
            message.change_case = AUDITRPC__V1__SET_RETENTION_REQUEST__CHANGE_POLICY
            message.policy = arena.message(policy)
        case .inherit:
            message.change_case = AUDITRPC__V1__SET_RETENTION_REQUEST__CHANGE_INHERIT
            message.inherit = 1
        case nil: break
        }
        message.legal_hold = Auditrpc__V1__LegalHold(UInt32(bitPattern: legalHold.rawValue))
        message.reason = arena.copy(reason)
        message.dry_run = dryRun ? 1 : 0
    }
}

extension SetRetentionResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.SetRetentionResponse" }

    init(_ message: Auditrpc__V1__SetRetentionResponse, _ check: inout FieldCheck) {
        before = check.retention(message.before, "before")
        after = check.retention(message.after, "after")
        oldestSequenceBefore = Sequence(message.oldest_sequence_before)
        oldestSequenceAfter = Sequence(message.oldest_sequence_after)
        eventSequence = Sequence(message.event_sequence)
    }

    func write(to message: inout Auditrpc__V1__SetRetentionResponse, in arena: borrowing Arena) {
        message.before = arena.message(before)
        message.after = arena.message(after)
        message.oldest_sequence_before = oldestSequenceBefore.rawValue
        message.oldest_sequence_after = oldestSequenceAfter.rawValue
        message.event_sequence = eventSequence.rawValue
    }
}

extension FieldCheck {
    fileprivate mutating func retention(
        _ message: UnsafeMutablePointer<Auditrpc__V1__OrganizationRetention>?,
        _ field: StaticString
    ) -> OrganizationRetention {
        optional(OrganizationRetention.self, field, message) ?? OrganizationRetention()
    }
}
