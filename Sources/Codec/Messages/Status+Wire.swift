import AuditModel
import CAuditProto
import CProtobufC

extension GetStatusRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetStatusRequest" }

    init(_ message: Auditrpc__V1__GetStatusRequest, _ check: inout FieldCheck) {}

    func write(to message: inout Auditrpc__V1__GetStatusRequest, in arena: borrowing Arena) {}
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
        message.feed = feed.map { arena.message($0) }
    }
}

extension FeedStatus: CodedValue {
    init(_ message: Auditrpc__V1__FeedStatus, _ check: inout FieldCheck) {
        liveCount = message.live_count
        catchingUpCount = message.catching_up_count
        stuckCount = message.stuck_count
        filterCount = message.filter_count
        deliveredEvents = message.delivered_events
        deliveredBytes = message.delivered_bytes
        deliveredMessages = message.delivered_messages
        packedMessages = message.packed_messages
        fellBehindCount = message.fell_behind_count
        gapCount = message.gap_count
        gapSequences = message.gap_sequences
        lagMedian = check.optional(FeedLag.self, "lag_median", message.lag_median)
        lagP99 = check.optional(FeedLag.self, "lag_p99", message.lag_p99)
        lagLargest = check.optional(FeedLag.self, "lag_largest", message.lag_largest)
    }

    func write(to message: inout Auditrpc__V1__FeedStatus, in arena: borrowing Arena) {
        message.live_count = liveCount
        message.catching_up_count = catchingUpCount
        message.stuck_count = stuckCount
        message.filter_count = filterCount
        message.delivered_events = deliveredEvents
        message.delivered_bytes = deliveredBytes
        message.delivered_messages = deliveredMessages
        message.packed_messages = packedMessages
        message.fell_behind_count = fellBehindCount
        message.gap_count = gapCount
        message.gap_sequences = gapSequences
        message.lag_median = lagMedian.map { arena.message($0) }
        message.lag_p99 = lagP99.map { arena.message($0) }
        message.lag_largest = lagLargest.map { arena.message($0) }
    }
}

extension FeedLag: CodedValue {
    init(_ message: Auditrpc__V1__FeedLag, _ check: inout FieldCheck) {
        events = message.events
        time = check.duration(message.time, "time")
    }

    func write(to message: inout Auditrpc__V1__FeedLag, in arena: borrowing Arena) {
        message.events = events
        message.time = arena.duration(time)
    }
}
