import CAuditProto
import CProtobufC

extension StatusDetails: CodedMessage {
    static var wireName: StaticString { "google.rpc.Status" }

    private static let badRequestURL = "type.googleapis.com/google.rpc.BadRequest"

    init(_ message: Google__Rpc__Status, _ check: inout FieldCheck) {
        code = message.code
        self.message = check.string(message.message, "message")
        violations = []
        for index in 0..<message.n_details {
            guard let detail = message.details?[index]?.pointee,
                detail.type_url.buffer.elementsEqual(StatusDetails.badRequestURL.utf8),
                let badRequest = try? BadRequest(decoding: detail.value.buffer)
            else { continue }
            violations += badRequest.violations
        }
    }

    func write(to message: inout Google__Rpc__Status, in arena: borrowing Arena) {
        message.code = code
        message.message = arena.copy(self.message)
        guard !violations.isEmpty else { return }
        let detail = arena.make(Google__Protobuf__Any.self)
        detail.pointee.type_url = arena.copy(StatusDetails.badRequestURL)
        detail.pointee.value = arena.copy(BadRequest(violations: violations).encoded())
        message.n_details = 1
        message.details = arena.array([detail]) { $0 }
    }
}

/// `google.rpc.BadRequest`.
private struct BadRequest: CodedMessage {
    static var wireName: StaticString { "google.rpc.BadRequest" }

    let violations: [FieldViolation]

    init(violations: [FieldViolation]) { self.violations = violations }

    init(_ message: Google__Rpc__BadRequest, _ check: inout FieldCheck) {
        violations = check.list(
            FieldViolation.self, "field_violations", message.n_field_violations,
            message.field_violations)
    }

    func write(to message: inout Google__Rpc__BadRequest, in arena: borrowing Arena) {
        message.n_field_violations = violations.count
        message.field_violations = arena.messages(violations)
    }
}

extension FieldViolation: CodedValue {
    init(_ message: Google__Rpc__BadRequest__FieldViolation, _ check: inout FieldCheck) {
        field = check.string(message.field, "field")
        reason = check.string(message.description, "description")
    }

    func write(
        to message: inout Google__Rpc__BadRequest__FieldViolation, in arena: borrowing Arena
    ) {
        message.field = arena.copy(field)
        message.description = arena.copy(reason)
    }
}
