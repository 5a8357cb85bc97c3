import AuditModel

/// An event in the form that is stored, in place: what the caller sent, in the order of the field numbers, unknown
/// fields behind, without the server's own fields. The same content has the same bytes, however a client encoded it:
/// that is what makes a repeated Record recognisable.
///
/// Most encoders write events in this form already. What they sent is then checked where it lies and copied once, which
/// takes a third of what unpacking it and packing it again would; `EventEncoding` makes the others canonical.
struct CanonicalEvent: CanonicalMessage {
    static let lastField = UInt64(EventField.recorder)

    let id: UnsafeRawBufferPointer
    let organization: UnsafeRawBufferPointer
    let occurredAt: CanonicalTime?
    let eventType: UnsafeRawBufferPointer
    let target: CanonicalResource?
    let scope: CanonicalMessages<CanonicalResource>
    let actor: CanonicalActor?
    let onBehalfOf: CanonicalMessages<CanonicalActor>
    let source: UnsafeRawBufferPointer
    let change: UnsafeRawBufferPointer
    let snapshot: UnsafeRawBufferPointer
    let outcome: Int32
    let reason: UnsafeRawBufferPointer
    let context: CanonicalContext?
    /// In the caller's order.
    let metadata: CanonicalMessages<CanonicalPair>

    /// Where the fields behind the organization begin, the outcome is or would be, and metadata begins and ends.
    let bodyStart: UnsafeRawPointer
    let outcomeStart: UnsafeRawPointer
    let reasonStart: UnsafeRawPointer
    let metadataStart: UnsafeRawPointer
    let metadataEnd: UnsafeRawPointer
    let end: UnsafeRawPointer

    init(_ reader: inout CanonicalReader) {
        id = reader.bytes(1)
        organization = reader.bytes(2)
        bodyStart = reader.position
        occurredAt = reader.message(3, CanonicalTime.self)
        eventType = reader.bytes(4)
        target = reader.message(5, CanonicalResource.self)
        scope = reader.messages(6, CanonicalResource.self)
        actor = reader.message(7, CanonicalActor.self)
        onBehalfOf = reader.messages(8, CanonicalActor.self)
        source = reader.bytes(9)
        change = reader.bytes(10)
        snapshot = reader.bytes(11)
        outcomeStart = reader.position
        outcome = reader.int32(12)
        reasonStart = reader.position
        reason = reader.bytes(13)
        context = reader.message(14, CanonicalContext.self)
        metadataStart = reader.position
        metadata = reader.messages(15, CanonicalPair.self)
        metadataEnd = reader.position
        end = reader.end
    }
}

/// google.protobuf.Timestamp.
struct CanonicalTime: CanonicalMessage {
    static let lastField: UInt64 = 2

    let seconds: Int64
    let nanoseconds: Int32

    init(_ reader: inout CanonicalReader) {
        seconds = reader.int64(1)
        nanoseconds = reader.int32(2)
    }
}

/// A target or a resource of the scope.
struct CanonicalResource: CanonicalMessage {
    static let lastField: UInt64 = 3

    let type: UnsafeRawBufferPointer
    let id: UnsafeRawBufferPointer
    let name: UnsafeRawBufferPointer

    init(_ reader: inout CanonicalReader) {
        type = reader.bytes(1)
        id = reader.bytes(2)
        name = reader.bytes(3)
    }
}

struct CanonicalActor: CanonicalMessage {
    static let lastField: UInt64 = 3

    let type: Int32
    let id: UnsafeRawBufferPointer
    let name: UnsafeRawBufferPointer

    init(_ reader: inout CanonicalReader) {
        type = reader.int32(1)
        id = reader.bytes(2)
        name = reader.bytes(3)
    }
}

/// A RequestContext.
struct CanonicalContext: CanonicalMessage {
    static let lastField: UInt64 = 4

    let ipAddress: UnsafeRawBufferPointer
    let userAgent: UnsafeRawBufferPointer
    let requestID: UnsafeRawBufferPointer
    let traceparent: UnsafeRawBufferPointer

    init(_ reader: inout CanonicalReader) {
        ipAddress = reader.bytes(1)
        userAgent = reader.bytes(2)
        requestID = reader.bytes(3)
        traceparent = reader.bytes(4)
    }
}

/// An entry of a map of strings.
struct CanonicalPair: CanonicalMessage {
    static let lastField: UInt64 = 2

    let key: UnsafeRawBufferPointer
    let value: UnsafeRawBufferPointer

    init(_ reader: inout CanonicalReader) {
        key = reader.bytes(1)
        value = reader.bytes(2)
    }
}
