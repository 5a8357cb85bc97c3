package import AuditModel
import CAuditProto

/// Writes a `GetEventResponse` around stored payloads, which are copied as they are.
package enum GetEventResponseWriter {
    /// An event as it is stored.
    package struct Stored {
        package var payload: UnsafeRawBufferPointer
        /// See `ByteWriter.event`.
        package var sequence: Sequence?

        package init(_ payload: UnsafeRawBufferPointer, sequence: Sequence? = nil) {
            self.payload = payload
            self.sequence = sequence
        }
    }

    package static func encode(
        event: Stored, previous: Stored?,
        differences: [JSONDifference], previousUnknown: Bool
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: event.payload.count + (previous?.payload.count ?? 0) + 64)
        writer.event(1, event.payload, sequence: event.sequence)
        if let previous { writer.event(2, previous.payload, sequence: previous.sequence) }
        // A response without events is the rest of one that has them.
        let arena = Arena(firstChunkBytes: Limits.arenaSlackBytes)
        let rest = arena.make(Auditrpc__V1__GetEventResponse.self)
        rest.pointee.n_differences = differences.count
        rest.pointee.differences = arena.messages(differences)
        rest.pointee.previous_unknown = previousUnknown ? 1 : 0
        writer.raw(Auditrpc__V1__GetEventResponse.packed(rest))
        return writer.bytes
    }
}
