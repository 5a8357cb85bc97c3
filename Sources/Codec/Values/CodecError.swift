/// Why bytes are not a message, or a message is not one that the contract allows.
public struct CodecError: Error, Hashable, Sendable {
    public enum Code: Hashable, Sendable {
        /// The bytes are not the message that they should be.
        case malformed
        /// The message can be read; `violations` name the fields that the contract refuses.
        case invalid
    }

    public var code: Code
    /// For people: what is wrong, with the first violation in full.
    public var message: String
    public var violations: [FieldViolation]

    public init(code: Code, message: String, violations: [FieldViolation] = []) {
        self.code = code
        self.message = message
        self.violations = violations
    }

    /// The bytes could not be read; `message` says of what and why.
    public static func malformed(_ message: String) -> CodecError {
        CodecError(code: .malformed, message: message)
    }

    /// Fields that the contract refuses; at least one.
    public static func invalid(_ violations: [FieldViolation]) -> CodecError {
        .invalid(violations, count: violations.count)
    }

    /// As above, where `violations` are the first of `count`.
    static func invalid(_ violations: [FieldViolation], count: Int) -> CodecError {
        var message = violations.first.map { $0.description } ?? "the message is not valid"
        if count > 1 { message += " (and \(count - 1) more)" }
        return CodecError(code: .invalid, message: message, violations: violations)
    }

    /// One field that the contract refuses.
    public static func invalid(_ field: String, _ reason: String) -> CodecError {
        .invalid([FieldViolation(field: field, reason: reason)])
    }
}

extension CodecError: CustomStringConvertible {
    public var description: String { message }
}

/// One refused field: `google.rpc.BadRequest.FieldViolation`.
public struct FieldViolation: Hashable, Sendable {
    /// The path from the request: `events[3].target.id`. Empty for the whole message.
    public var field: String
    /// For people: the limit and the value's size.
    public var reason: String

    public init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }
}

extension FieldViolation: CustomStringConvertible {
    public var description: String { field.isEmpty ? reason : "\(field): \(reason)" }
}
