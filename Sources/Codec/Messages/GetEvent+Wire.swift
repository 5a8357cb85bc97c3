import AuditModel
import CAuditProto
import CProtobufC

extension GetEventRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetEventRequest" }

    init(_ message: Auditrpc__V1__GetEventRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        key = .sequence(.zero)
        switch message.key_case {
        case AUDITRPC__V1__GET_EVENT_REQUEST__KEY_ID:
            if let id = EventID(text: message.id.buffer) {
                key = .id(id)
            } else {
                check.refuse("id", notUUID(message.id.len))
            }
        case AUDITRPC__V1__GET_EVENT_REQUEST__KEY_SEQUENCE:
            key = .sequence(Sequence(message.sequence))
            if message.sequence == 0 { check.refuse("sequence", "is 0; the first event has 1") }
        default:
            check.refuse("key", "is required: an id or a sequence")
        }
    }

    func write(to message: inout Auditrpc__V1__GetEventRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        switch key {
        case .id(let id):
            message.key_case = AUDITRPC__V1__GET_EVENT_REQUEST__KEY_ID
            message.id = arena.copy(id.description)
        case .sequence(let sequence):
            message.key_case = AUDITRPC__V1__GET_EVENT_REQUEST__KEY_SEQUENCE
            message.sequence = sequence.rawValue
        }
    }
}

/// Of an id that has `bytes` bytes.
func notUUID(_ bytes: Int) -> String {
    "is not a UUID in its 36-character form (\(grouped(bytes)) bytes long)"
}

extension GetEventResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.GetEventResponse" }

    init(_ message: Auditrpc__V1__GetEventResponse, _ check: inout FieldCheck) {
        event = check.optional(Event.self, "event", message.event) ?? Event()
        previous = check.optional(Event.self, "previous", message.previous)
        differences = check.list(
            JSONDifference.self, "differences", message.n_differences, message.differences)
        previousUnknown = message.previous_unknown != 0
    }

    func write(to message: inout Auditrpc__V1__GetEventResponse, in arena: borrowing Arena) {
        message.event = arena.message(event)
        message.previous = previous.map { arena.message($0) }
        message.n_differences = differences.count
        message.differences = arena.messages(differences)
        message.previous_unknown = previousUnknown ? 1 : 0
    }
}

extension JSONDifference: CodedValue {
    init(_ message: Auditrpc__V1__JsonDifference, _ check: inout FieldCheck) {
        path = check.string(message.path, "path")
        kind = Kind(rawValue: Int32(bitPattern: message.kind.rawValue)) ?? .unspecified
        before = check.string(message.before, "before")
        after = check.string(message.after, "after")
    }

    func write(to message: inout Auditrpc__V1__JsonDifference, in arena: borrowing Arena) {
        message.path = arena.copy(path)
        message.kind = Auditrpc__V1__JsonDifference__Kind(UInt32(bitPattern: kind.rawValue))
        message.before = arena.copy(before)
        message.after = arena.copy(after)
    }
}
