/// The fields of a stored event that the server itself looks at, as slices of its payload.
package struct EventFields {
    package private(set) var organization = nothing
    package private(set) var eventType = nothing
    package private(set) var target = ResourceFields()
    package private(set) var snapshot = nothing

    package var targetType: UnsafeRawBufferPointer { target.type }
    package var targetID: UnsafeRawBufferPointer { target.id }

    /// Valid as long as `payload` is.
    package init(_ payload: UnsafeRawBufferPointer) {
        var reader = WireReader(payload)
        while let field = reader.next() {
            switch field.number {
            case EventField.organizationID: organization = field.bytes
            case EventField.eventType: eventType = field.bytes
            case EventField.target: target = ResourceFields(field.bytes)
            case EventField.snapshot: snapshot = field.bytes
            default: break
            }
        }
    }
}

/// The numbers of event.proto.
enum EventField {
    static let organizationID: UInt32 = 2
    static let occurredAt: UInt32 = 3
    static let eventType: UInt32 = 4
    static let target: UInt32 = 5
    static let scope: UInt32 = 6
    static let actor: UInt32 = 7
    static let onBehalfOf: UInt32 = 8
    static let source: UInt32 = 9
    static let change: UInt32 = 10
    static let snapshot: UInt32 = 11
    static let outcome: UInt32 = 12
    static let context: UInt32 = 14
    static let metadata: UInt32 = 15
    static let sequence: UInt32 = 16
    static let recordedAt: UInt32 = 17
    static let recorder: UInt32 = 18
}

/// A target or a resource of the scope, in place.
package struct ResourceFields {
    package private(set) var type = nothing
    package private(set) var id = nothing
    package private(set) var name = nothing

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) {
        var reader = WireReader(bytes)
        while let field = reader.next() {
            switch field.number {
            case 1: type = field.bytes
            case 2: id = field.bytes
            case 3: name = field.bytes
            default: break
            }
        }
    }
}

/// An actor, in place.
struct ActorFields {
    private(set) var type: Int32 = 0
    private(set) var id = nothing
    private(set) var name = nothing

    init(_ bytes: UnsafeRawBufferPointer) {
        var reader = WireReader(bytes)
        while let field = reader.next() {
            switch field.number {
            case 1: type = Int32(truncatingIfNeeded: field.integer)
            case 2: id = field.bytes
            case 3: name = field.bytes
            default: break
            }
        }
    }
}

/// What an event says of its request, in place.
struct ContextFields {
    private(set) var requestID = nothing

    init(_ bytes: UnsafeRawBufferPointer) {
        var reader = WireReader(bytes)
        while let field = reader.next() {
            if field.number == 3 { requestID = field.bytes }
        }
    }
}

/// A field that is not there.
var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
