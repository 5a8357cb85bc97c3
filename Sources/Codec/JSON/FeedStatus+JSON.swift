import AuditModel

extension FeedStatus {
    func write(to json: inout JSONWriter) {
        json.object { json in
            for (name, value) in [
                ("live_count", UInt64(liveCount)), ("catching_up_count", UInt64(catchingUpCount)),
                ("stuck_count", UInt64(stuckCount)), ("filter_count", UInt64(filterCount)),
                ("delivered_events", deliveredEvents), ("delivered_bytes", deliveredBytes),
                ("delivered_messages", deliveredMessages), ("packed_messages", packedMessages),
                ("fell_behind_count", fellBehindCount), ("gap_count", gapCount),
                ("gap_sequences", gapSequences),
            ] {
                json.key(name)
                json.number(value)
            }
            for (name, lag) in [
                ("lag_median", lagMedian), ("lag_p99", lagP99), ("lag_largest", lagLargest),
            ] {
                guard let lag else { continue }
                json.key(name)
                json.object { json in
                    json.key("events")
                    json.number(lag.events)
                    json.member("time", lag.time.map(\.wireText) ?? "")
                }
            }
        }
    }
}
