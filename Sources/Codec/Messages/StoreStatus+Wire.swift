import AuditModel
import CAuditProto
import CProtobufC

extension StoreStatus: CodedValue {
    init(_ message: Auditrpc__V1__StoreStatus, _ check: inout FieldCheck) {
        self.init()
        segmentCount = message.segment_count
        logCount = message.log_count
        segmentBytes = message.segment_bytes
        logBytes = message.log_bytes
        sealedEventCount = message.sealed_event_count
        sealedEventBytes = message.sealed_event_bytes
        sealableLogCount = message.sealable_log_count
        damagedLogCount = message.damaged_log_count
        maxBytes = message.max_bytes
        droppedEventCount = message.dropped_event_count
        droppedBytes = message.dropped_bytes
        sweptEventCount = message.swept_event_count
        sweptBytes = message.swept_bytes
        lostEventCount = message.lost_event_count
        lastSweepAt = check.timestamp(message.last_sweep_at, "last_sweep_at")
    }

    func write(to message: inout Auditrpc__V1__StoreStatus, in arena: borrowing Arena) {
        message.segment_count = segmentCount
        message.log_count = logCount
        message.segment_bytes = segmentBytes
        message.log_bytes = logBytes
        message.sealed_event_count = sealedEventCount
        message.sealed_event_bytes = sealedEventBytes
        message.sealable_log_count = sealableLogCount
        message.damaged_log_count = damagedLogCount
        message.max_bytes = maxBytes
        message.dropped_event_count = droppedEventCount
        message.dropped_bytes = droppedBytes
        message.swept_event_count = sweptEventCount
        message.swept_bytes = sweptBytes
        message.lost_event_count = lostEventCount
        message.last_sweep_at = arena.timestamp(lastSweepAt)
    }
}
