package import AuditModel

/// Writes a `SubscribeResponse.events` around stored payloads, which are copied as they are.
package struct EventsMessageWriter {
    private var writer: ByteWriter
    /// Events so far.
    package private(set) var count = 0
    /// Of the last one, which ends the bytes; 0 when it was given another sequence.
    private var lastPayloadBytes = 0

    /// The tag and the greatest length of the list: it is known only at the end, and the list then
    /// moves up to it.
    private static let headBytesMax = 1 + WireSize.varint(UInt64(UInt32.max))

    /// - Parameter capacity: bytes of the payloads, as far as they are known.
    package init(capacity: Int = 0) {
        writer = ByteWriter(capacity: EventsMessageWriter.headBytesMax + capacity)
        writer.raw(repeatElement(0, count: EventsMessageWriter.headBytesMax))
    }

    /// The greatest size of the message if an event of `payloadBytes` were appended.
    package func bytesMax(appending payloadBytes: Int) -> Int {
        writer.bytes.count + 1
            + WireSize.delimited(payloadBytes + WireSize.sequence(Sequence(.max)))
    }

    /// - Parameter sequence: see `ByteWriter.event`.
    package mutating func append(_ payload: UnsafeRawBufferPointer, sequence: Sequence? = nil) {
        writer.event(1, payload, sequence: sequence)
        count += 1
        lastPayloadBytes = sequence == nil ? payload.count : 0
    }

    /// Of the last event, when it was appended without another one.
    package var lastSequence: Sequence? {
        writer.bytes.suffix(lastPayloadBytes).withUnsafeBytes { ServerFields.sequence(of: $0) }
    }

    package consuming func finish() -> [UInt8] {
        var head = ByteWriter()
        head.varint(2 << 3 | UInt64(WireKind.bytes.rawValue))
        head.varint(UInt64(writer.bytes.count - EventsMessageWriter.headBytesMax))
        let unused = EventsMessageWriter.headBytesMax - head.bytes.count
        writer.overwrite(at: unused, with: head.bytes)
        writer.removeFirst(unused)
        return writer.bytes
    }
}
