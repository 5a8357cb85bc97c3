package import AuditModel

/// The fields that the server appends to an event's canonical bytes when it gives it a sequence: the recorder (see
/// `RecorderStamp`), then these.
///
/// Protobuf lets fields follow one another in any order, so that nothing is encoded twice.
package enum ServerFields {
    /// The greatest size of the suffix, without the recorder: sequence 2 + 10, recorded_at 2 + 1 + 17, occurred_at
    /// 1 + 1 + 17.
    package static let bytesMax = 51

    /// Writes the suffix to the start of `buffer` (at least `bytesMax` bytes and those of the recorder) and returns
    /// its size.
    ///
    /// - Parameter occurredAt: the caller's time, which is in the canonical bytes already; nil
    ///   writes `recordedAt` as occurred_at.
    package static func write(
        recorder: RecorderStamp = .none, sequence: Sequence, recordedAt: Timestamp,
        occurredAt: Timestamp?, to buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var writer = RawWriter(buffer)
        recorder.bytes.withUnsafeBytes { writer.raw($0) }
        writer.tag(EventField.sequence, .varint)
        writer.varint(sequence.rawValue)
        writer.tag(17, .bytes)
        writer.timestamp(recordedAt)
        if occurredAt == nil {
            writer.tag(3, .bytes)
            writer.timestamp(recordedAt)
        }
        return writer.count
    }

    /// The sequence of a stored event: its number among those of its organization. Nil for what is none.
    package static func sequence(of stored: UnsafeRawBufferPointer) -> Sequence? {
        var reader = WireReader(stored)
        while let field = reader.next() {
            if field.number == EventField.sequence { return Sequence(field.integer) }
        }
        return nil
    }

    /// Whether `stored` is `canonical` and the server's fields behind it, and nothing else: the
    /// same content, whoever recorded it.
    package static func sameContent(
        stored: UnsafeRawBufferPointer, canonical: UnsafeRawBufferPointer
    ) -> Bool {
        guard stored.count > canonical.count,
            equalBytes(UnsafeRawBufferPointer(rebasing: stored[..<canonical.count]), canonical)
        else { return false }
        var reader = WireReader(
            UnsafeRawBufferPointer(rebasing: stored[canonical.count...]))
        var next = reader.next()
        if let recorder = next, recorder.number == EventField.recorder, recorder.kind == .bytes {
            next = reader.next()
        }
        guard let sequence = next, sequence.number == EventField.sequence, sequence.kind == .varint,
            let recordedAt = reader.next(), recordedAt.number == 17, recordedAt.kind == .bytes
        else { return false }
        if let occurredAt = reader.next() {
            guard occurredAt.number == 3, occurredAt.kind == .bytes,
                equalBytes(occurredAt.bytes, recordedAt.bytes)
            else { return false }
        }
        return reader.isAtEnd
    }
}
