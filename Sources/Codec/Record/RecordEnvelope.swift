/// A RecordRequest before its events are looked into: what bounds the memory that they will take.
///
/// Read by our own wire reader, since an empty event takes 2 bytes here and some hundred decoded: a
/// message of 4 MiB would become a gigabyte before anyone could count its events.
package struct RecordEnvelope {
    private let message: UnsafeRawBufferPointer
    private(set) var organization = UnsafeRawBufferPointer(start: nil, count: 0)
    package private(set) var partialSuccess = false
    package private(set) var eventCount = 0
    private(set) var largestEventBytes = 0

    /// - Parameter message: must outlive it.
    /// - Throws: `.malformed`.
    package init(_ message: UnsafeRawBufferPointer) throws(CodecError) {
        self.message = message
        var reader = WireReader(message)
        while let field = reader.next() {
            switch (field.number, field.kind) {
            case (1, .bytes):
                organization = field.bytes
            case (2, .bytes):
                eventCount += 1
                largestEventBytes = max(largestEventBytes, field.bytes.count)
            case (3, .varint):
                partialSuccess = field.integer != 0
            case (1, _), (2, _), (3, _):
                throw RecordEnvelope.malformed
            default:
                // A field of a later version: nothing of it would be stored.
                break
            }
        }
        if !reader.isAtEnd { throw RecordEnvelope.malformed }
    }

    /// The organization of a request that names none.
    mutating func complete(organization: UnsafeRawBufferPointer) {
        if self.organization.isEmpty { self.organization = organization }
    }

    /// The greatest size of its canonical payloads together.
    package func payloadBytesMax(_ defaults: RecordDefaults) -> Int {
        let organizationBytes = max(organization.count, defaults.organization.count)
        let extraBytesMax =
            CanonicalEvent.extraBytesMax(organizationBytes: organizationBytes) + defaults.bytesMax
        return message.count + eventCount * extraBytesMax
    }

    private static var malformed: CodecError {
        .malformed("the bytes are not a valid auditrpc.v1.RecordRequest message")
    }

    /// The encoded events in order, until `body` returns false.
    func forEachEvent(_ body: (Int, UnsafeRawBufferPointer) -> Bool) {
        var reader = WireReader(message)
        var index = 0
        while let field = reader.next() {
            guard field.number == 2 else { continue }
            guard body(index, field.bytes) else { return }
            index += 1
        }
    }

    /// The limits of the request itself; a fault here refuses it also with partial_success.
    func check() throws(CodecError) {
        var check = FieldCheck()
        check.text(organization, "organization_id", bytesMax: Limits.organizationBytesMax)
        if eventCount == 0 {
            check.refuse("events", "is required: 1 to \(grouped(Limits.eventsPerRecordMax)) events")
        } else if eventCount > Limits.eventsPerRecordMax {
            check.refuse(
                "events",
                """
                has \(grouped(eventCount)) events; at most \(grouped(Limits.eventsPerRecordMax)) \
                in one request are allowed
                """)
        }
        try check.finish()
    }
}
