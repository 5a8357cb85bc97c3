package import AuditModel

/// A Record request that passed every check: canonical bytes and where each event lies in them.
package struct PreparedRequest: Sendable {
    /// The canonical payloads, one after the other: each event without sequence and recorded_at,
    /// its organization and id filled in.
    package var bytes: [UInt8]
    /// One for each event of the request, in order.
    package var events: [PreparedEvent]
    package var partialSuccess: Bool
    /// Why events were refused; empty without partial_success.
    package var rejections: [CodecError]
    /// What the server knows of the caller, for each of the events.
    package var recorder = RecorderStamp.none
}

/// One event of a prepared request.
package struct PreparedEvent: Hashable, Sendable {
    /// Assigned when the caller gave none.
    package var id: EventID
    package var idWasGiven: Bool
    /// Nil when the caller gave none: it is then recorded_at.
    package var occurredAt: Timestamp?
    /// Into `PreparedRequest.bytes`; empty when the event was refused.
    package var payload: Range<Int>
    /// Into `PreparedRequest.bytes`, inside the payload.
    package var organization: Range<Int>
    /// Into `PreparedRequest.rejections`; nil when the event can be stored.
    package var rejection: Int?
}

extension PreparedEvent {
    static func refused(rejection: Int) -> PreparedEvent {
        PreparedEvent(
            id: EventID(high: 0, low: 0), idWasGiven: false, occurredAt: nil, payload: 0..<0,
            organization: 0..<0, rejection: rejection)
    }

    /// The same event, `offset` bytes further on.
    func shifted(by offset: Int) -> PreparedEvent {
        var event = self
        event.payload = payload.lowerBound + offset..<payload.upperBound + offset
        event.organization = organization.lowerBound + offset..<organization.upperBound + offset
        return event
    }
}
