import AuditModel
import Codec

/// A Record request as it becomes stored events: canonical bytes that every reader can read, and
/// that are canonical already when they are sent again.
///
/// Input: the message.
@Sendable
func fuzzRecordRequest(_ bytes: UnsafeRawBufferPointer) throws {
    guard let request = try? decode(bytes) else { return }
    for event in request.events where event.rejection == nil {
        let payload = Array(request.bytes[event.payload])
        // The server's own fields go in behind it.
        let stored = try Event(decoding: payload)
        try promise(stored.id == event.id.description, "an event has the id of another")
        try promise(
            stored.organizationID.utf8.elementsEqual(request.bytes[event.organization]),
            "an event has the organization of another")
        try checkSentAgain(payload, event)
        visit(payload, request, event)
    }
}

private let now = Timestamp(nanosecondsSinceEpoch: 1_800_000_000_000_000_000)

private func decode(_ bytes: UnsafeRawBufferPointer) throws(CodecError) -> PreparedRequest {
    var next: UInt64 = 0
    return try RecordDecoder.decode(bytes, now: now) {
        next += 1
        return EventID(high: 1, low: next)
    }
}

private func checkSentAgain(_ payload: [UInt8], _ event: PreparedEvent) throws {
    var message: [UInt8] = [0x12]
    var count = payload.count
    while count >= 128 {
        message.append(UInt8(count & 127) | 128)
        count >>= 7
    }
    message.append(UInt8(count))
    message += payload
    let again = try message.withUnsafeBytes { try decode($0) }
    try promise(again.events.count == 1, "one event became \(again.events.count)")
    try promise(Array(again.bytes[again.events[0].payload]) == payload, "the bytes have changed")
    try promise(again.events[0].idWasGiven && again.events[0].id == event.id, "the id has changed")
    try promise(again.events[0].occurredAt == event.occurredAt, "the time has changed")
}

/// What looks at stored bytes in place.
private func visit(_ payload: [UInt8], _ request: PreparedRequest, _ event: PreparedEvent) {
    let filter = CompiledFilter(
        EventFilter(
            eventTypes: ["UPDATE"], targetIDs: ["web"],
            scopes: [EventFilter.ScopeFilter(type: "PROJECT", id: "shop")], actorIDs: ["ada"],
            text: "replicas"), organization: nil)
    let organization = Array(request.bytes[event.organization])
    payload.withUnsafeBytes { payload in
        organization.withUnsafeBytes { organization in
            _ = filter.matches(
                EventView(
                    sequence: Sequence(1), recordedAt: now, occurredAt: event.occurredAt ?? now,
                    id: event.id, organization: organization, payload: payload))
        }
        IndexTerms.visit(payload) { _ in }
    }
}
