import CAuditProto
import CProtobufC

extension StatusDetails: CodedMessage {
    static var wireName: StaticString { "google.rpc.Status" }

    private static let badRequestURL = "type.googleapis.com/google.rpc.BadRequest"
    static let retryInfoURL = "type.googleapis.com/google.rpc.RetryInfo"

    init(_ message: Google__Rpc__Status, _ check: inout FieldCheck) {
        code = message.code
        self.message = check.string(message.message, "message")
        violations = []
        for index in 0..<message.n_details {
            guard let detail = message.details?[index]?.pointee else { continue }
            let type = detail.type_url.buffer
            if type.elementsEqual(StatusDetails.badRequestURL.utf8) {
                let badRequest = try? BadRequest(decoding: detail.value.buffer)
                violations += badRequest?.violations ?? []
            } else if type.elementsEqual(StatusDetails.retryInfoURL.utf8) {
                retryDelay = (try? RetryInfo(decoding: detail.value.buffer))?.delay
            }
        }
    }

    func write(to message: inout Google__Rpc__Status, in arena: borrowing Arena) {
        message.code = code
        message.message = arena.copy(self.message)
        var details: [(String, [UInt8])] = []
        if !violations.isEmpty {
            details.append(
                (StatusDetails.badRequestURL, BadRequest(violations: violations).encoded()))
        }
        if let retryDelay {
            details.append((StatusDetails.retryInfoURL, RetryInfo(delay: retryDelay).encoded()))
        }
        message.n_details = details.count
        message.details = arena.array(details) { type, value in
            let detail = arena.make(Google__Protobuf__Any.self)
            detail.pointee.type_url = arena.copy(type)
            detail.pointee.value = arena.copy(value)
            return .some(detail)
        }
    }
}

/// `google.rpc.RetryInfo`.
private struct RetryInfo: CodedMessage {
    static var wireName: StaticString { "google.rpc.RetryInfo" }

    let delay: Duration?

    init(delay: Duration) { self.delay = delay }

    init(_ message: Google__Rpc__RetryInfo, _ check: inout FieldCheck) {
        delay = check.duration(message.retry_delay, "retry_delay")
    }

    func write(to message: inout Google__Rpc__RetryInfo, in arena: borrowing Arena) {
        message.retry_delay = arena.duration(delay)
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
