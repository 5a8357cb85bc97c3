internal import AuditModel
internal import Codec
internal import Glibc

extension RecordRequest {
    /// Every event has an id, so that the request may be sent twice and is stored once.
    func withIDs() -> RecordRequest {
        guard events.contains(where: \.id.isEmpty) else { return self }
        var request = self
        for index in events.indices where events[index].id.isEmpty {
            request.events[index].id = EventID.unique().description
        }
        return request
    }
}

extension EventID {
    /// A UUIDv7 of the present.
    fileprivate static func unique() -> EventID {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
        return EventID(
            version7At: now ?? .epoch,
            random: (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)))
    }
}
