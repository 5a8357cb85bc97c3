import AuditModel
import CAuditProto
import CProtobufC

extension RecordRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.RecordRequest" }

    init(_ message: Auditrpc__V1__RecordRequest, _ check: inout FieldCheck) {
        organizationID = check.string(message.organization_id, "organization_id")
        events = check.list(Event.self, "events", message.n_events, message.events)
        partialSuccess = message.partial_success != 0
    }

    func write(to message: inout Auditrpc__V1__RecordRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.n_events = events.count
        message.events = arena.messages(events)
        message.partial_success = partialSuccess ? 1 : 0
    }
}

extension RecordResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.RecordResponse" }

    init(_ message: Auditrpc__V1__RecordResponse, _ check: inout FieldCheck) {
        results = check.list(RecordResult.self, "results", message.n_results, message.results)
        status = check.optional(StatusDetails.self, "status", message.status)
    }

    func write(to message: inout Auditrpc__V1__RecordResponse, in arena: borrowing Arena) {
        message.n_results = results.count
        message.results = arena.messages(results)
        message.status = status.map { arena.message($0) }
    }
}

extension RecordResult: CodedValue {
    init(_ message: Auditrpc__V1__RecordResult, _ check: inout FieldCheck) {
        id = check.string(message.id, "id")
        sequence = Sequence(message.sequence)
        recordedAt = check.timestamp(message.recorded_at, "recorded_at")
        duplicate = message.duplicate != 0
        error = check.optional(StatusDetails.self, "error", message.error)
    }

    func write(to message: inout Auditrpc__V1__RecordResult, in arena: borrowing Arena) {
        message.id = arena.copy(id)
        message.sequence = sequence.rawValue
        message.recorded_at = arena.timestamp(recordedAt)
        message.duplicate = duplicate ? 1 : 0
        message.error = error.map { arena.message($0) }
    }
}
