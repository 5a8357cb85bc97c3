package import AuditModel

/// Writes a `RecordResponse`, one result after the other.
package struct RecordResponseWriter {
    private var writer: ByteWriter

    /// id 2 + 36, sequence 1 + 10, recorded_at 2 + 17, duplicate 2: the length of a result fits one
    /// byte.
    private static let resultBytesMax = 70

    /// Takes memory for `count` results at once.
    package init(count: Int) {
        writer = ByteWriter(capacity: count * (RecordResponseWriter.resultBytesMax + 2))
    }

    /// An event that is stored.
    package mutating func append(
        id: EventID, sequence: Sequence, recordedAt: Timestamp, duplicate: Bool
    ) {
        withUnsafeTemporaryAllocation(
            byteCount: RecordResponseWriter.resultBytesMax, alignment: 1
        ) { memory in
            var result = RawWriter(memory)
            result.tag(1, .bytes)
            result.id(id)
            result.tag(2, .varint)
            result.varint(sequence.rawValue)
            result.tag(3, .bytes)
            result.timestamp(recordedAt)
            if duplicate {
                result.tag(4, .varint)
                result.varint(1)
            }
            writer.field(1, UnsafeRawBufferPointer(rebasing: memory[..<result.count]))
        }
    }

    /// An event that was not stored. Nil `id` when it brought none that could be read.
    package mutating func append(error: StatusDetails, id: EventID?) {
        let result = RecordResult(id: id?.description ?? "", error: error)
        // A response of one result is the field that the response at hand needs.
        writer.raw(RecordResponse(results: [result]).encoded())
    }

    package consuming func finish() -> [UInt8] { writer.bytes }
}
