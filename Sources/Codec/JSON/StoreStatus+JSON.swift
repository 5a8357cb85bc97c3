import AuditModel

extension StoreStatus {
    /// Zeros are said: they are what is asked for.
    func write(to json: inout JSONWriter) {
        for (name, value) in [
            ("segment_count", segmentCount),
            ("log_count", logCount),
            ("segment_bytes", segmentBytes),
            ("log_bytes", logBytes),
            ("sealed_event_count", sealedEventCount),
            ("sealed_event_bytes", sealedEventBytes),
            ("sealable_log_count", sealableLogCount),
            ("damaged_log_count", damagedLogCount),
            ("max_bytes", maxBytes),
            ("dropped_event_count", droppedEventCount),
            ("dropped_bytes", droppedBytes),
            ("swept_event_count", sweptEventCount),
            ("swept_bytes", sweptBytes),
            ("lost_event_count", lostEventCount),
        ] {
            json.key(name)
            json.number(value)
        }
        json.member("last_sweep_at", lastSweepAt)
    }
}
