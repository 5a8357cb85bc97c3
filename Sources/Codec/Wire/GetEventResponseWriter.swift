import CAuditProto

/// Writes a `GetEventResponse` around stored payloads, which are copied as they are.
package enum GetEventResponseWriter {
    package static func encode(
        event: UnsafeRawBufferPointer, previous: UnsafeRawBufferPointer?,
        differences: [JSONDifference], previousUnknown: Bool
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: event.count + (previous?.count ?? 0) + 16)
        writer.field(1, event)
        if let previous { writer.field(2, previous) }
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
