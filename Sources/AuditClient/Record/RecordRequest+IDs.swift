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

    /// The places of the events that get an id from ``withIDs()``.
    var indicesWithoutID: [Int] { events.indices.filter { events[$0].id.isEmpty } }
}

extension [RecordResult] {
    /// An event that got its id here is there because of this client: the answer to an attempt before was
    /// lost, not the event. One that came with its id may have been there even earlier.
    ///
    /// - Parameter made: the places of the events that got their ids here.
    func afterRepetition(of made: [Int]) -> [RecordResult] {
        var results = self
        for index in made where index < results.count { results[index].duplicate = false }
        return results
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
