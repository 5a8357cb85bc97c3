import AuditModel
import CAuditProto
import CProtobufC

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
