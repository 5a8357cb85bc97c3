import AuditModel
import CAuditProto
import CProtobufC

extension GetStatusRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetStatusRequest" }

    init(_ message: Auditrpc__V1__GetStatusRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
    }

    func write(to message: inout Auditrpc__V1__GetStatusRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
    }
}

extension GetStatusResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetStatusResponse" }

    init(_ message: Auditrpc__V1__GetStatusResponse, _ check: inout FieldCheck) {
        headSequence = Sequence(message.head_sequence)
        oldestSequence = Sequence(message.oldest_sequence)
        eventCount = message.event_count
        storedBytes = message.stored_bytes
        retention = check.duration(message.retention, "retention")
        version = check.string(message.version, "version")
        startedAt = check.timestamp(message.started_at, "started_at")
        subscriberCount = message.subscriber_count
        refusingWrites = check.string(message.refusing_writes, "refusing_writes")
        store = check.optional(StoreStatus.self, "store", message.store)
        feed = check.optional(FeedStatus.self, "feed", message.feed)
    }

    func write(to message: inout Auditrpc__V1__GetStatusResponse, in arena: borrowing Arena) {
        message.head_sequence = headSequence.rawValue
        message.oldest_sequence = oldestSequence.rawValue
        message.event_count = eventCount
        message.stored_bytes = storedBytes
        message.retention = arena.duration(retention)
        message.version = arena.copy(version)
        message.started_at = arena.timestamp(startedAt)
        message.subscriber_count = subscriberCount
        message.refusing_writes = arena.copy(refusingWrites)
        if let store { message.store = arena.message(store) }
        message.feed = feed.map { arena.message($0) }
    }
}
