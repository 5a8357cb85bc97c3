import AuditModel
import CAuditProto
import CProtobufC

/// The form that is stored: what the caller sent, in the order of the field numbers, with its
/// organization, its id and its outcome filled in, metadata sorted by key, unknown fields behind,
/// and without the server's two fields. The same content has the same bytes, however a client
/// encoded it: that is what makes a repeated Record recognisable.
enum CanonicalEvent {
    /// The id is the first field: tag, length and text.
    private static let idBytes = 2 + EventID.textBytes

    /// What the canonical form may have more than the caller's: an id, an outcome and an
    /// organization with tag and length.
    static func extraBytesMax(organizationBytes: Int) -> Int {
        idBytes + 2 + 1 + WireSize.delimited(organizationBytes)
    }

    /// Writes the canonical form of an event that passed `EventRules`, which it changes to that
    /// end. Nil when `output` is too small.
    static func pack(
        _ event: UnsafeMutablePointer<Auditrpc__V1__Event>,
        to output: UnsafeMutableRawBufferPointer, _ makeID: () -> EventID
    ) -> PreparedEvent? {
        let idWasGiven = event.pointee.id.len > 0
        let id = EventID(text: event.pointee.id.buffer) ?? makeID()
        if event.pointee.outcome.rawValue == 0 {
            event.pointee.outcome = AUDITRPC__V1__OUTCOME__OUTCOME_SUCCESS
        }
        event.pointee.sequence = 0
        event.pointee.recorded_at = nil
        sortMetadata(event)
        let organizationBytes = event.pointee.organization_id.len
        let organizationOffset = idBytes + 1 + WireSize.varint(UInt64(organizationBytes))
        let payloadBytes: Int? = withUnsafeTemporaryAllocation(
            byteCount: EventID.textBytes, alignment: 1
        ) { text in
            id.writeText(to: text)
            event.pointee.id = ProtobufCBinaryData(
                len: text.count, data: text.baseAddress?.assumingMemoryBound(to: UInt8.self))
            let size = Auditrpc__V1__Event.packedSize(event)
            guard size <= output.count, let memory = output.baseAddress else { return nil }
            Auditrpc__V1__Event.pack(event, to: memory)
            return size
        }
        guard let payloadBytes else { return nil }
        return PreparedEvent(
            id: id, idWasGiven: idWasGiven, occurredAt: occurredAt(event),
            payload: 0..<payloadBytes,
            organization: organizationOffset..<organizationOffset + organizationBytes,
            rejection: nil)
    }

    private static func occurredAt(
        _ event: UnsafeMutablePointer<Auditrpc__V1__Event>
    ) -> Timestamp? {
        guard let time = event.pointee.occurred_at?.pointee else { return nil }
        return Timestamp(seconds: time.seconds, nanoseconds: time.nanos)
    }

    /// By the bytes of the keys, in place. An insertion sort: the pairs are few, and most callers
    /// send them in order.
    static func sortMetadata(_ event: UnsafeMutablePointer<Auditrpc__V1__Event>) {
        guard let entries = event.pointee.metadata, event.pointee.n_metadata > 1 else { return }
        for index in 1..<event.pointee.n_metadata {
            let entry = entries[index]
            var place = index
            while place > 0, comesBefore(entry, entries[place - 1]) {
                entries[place] = entries[place - 1]
                place -= 1
            }
            entries[place] = entry
        }
    }

    private static func comesBefore(
        _ left: UnsafeMutablePointer<Auditrpc__V1__Event__MetadataEntry>?,
        _ right: UnsafeMutablePointer<Auditrpc__V1__Event__MetadataEntry>?
    ) -> Bool {
        guard let left, let right else { return false }
        return left.pointee.key.buffer.lexicographicallyPrecedes(right.pointee.key.buffer)
    }
}
