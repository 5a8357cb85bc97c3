package import AuditModel
package import Codec

extension Event {
    /// A valid event that differs from others by what a test cares about.
    package static func sample(
        organization: String = "acme", type: String = "UPDATE", target: String = "api",
        actor: String = "ada", change: String = "", snapshot: String = ""
    ) -> Event {
        Event(
            organizationID: organization,
            occurredAt: Timestamp(seconds: 1_700_000_000, nanoseconds: 0),
            eventType: type, target: Event.Target(type: "SERVICE", id: target),
            actor: Event.Actor(type: .user, id: actor), source: "CONSOLE", change: change,
            snapshot: Array(snapshot.utf8), outcome: .success)
    }
}

extension EventBatch {
    /// The batch that a group commit of these events would give.
    package static func sample(
        _ events: [Event], first: Sequence, recordedAt: Timestamp = .epoch
    ) -> EventBatch {
        var bytes: [UInt8] = []
        var entries: [Entry] = []
        for (index, event) in events.enumerated() {
            var event = event
            event.sequence = first + index
            event.recordedAt = recordedAt
            let organization = Array(event.organizationID.utf8)
            let payload = event.encoded()
            let start = bytes.count
            bytes += organization + payload
            entries.append(
                Entry(
                    id: EventID(event.id) ?? EventID(high: 0, low: event.sequence.rawValue),
                    occurredAt: event.occurredAt ?? recordedAt,
                    organization: start..<start + organization.count,
                    payload: start + organization.count..<bytes.count))
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        buffer.copyBytes(from: bytes)
        return EventBatch(
            owning: buffer, firstSequence: first, recordedAt: recordedAt, entries: entries)
    }

    /// `count` events of one organization.
    package static func sample(
        count: Int, first: Sequence, organization: String = "acme", type: String = "UPDATE"
    ) -> EventBatch {
        let event = Event.sample(organization: organization, type: type)
        return sample(Array(repeating: event, count: count), first: first)
    }
}
