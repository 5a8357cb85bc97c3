import Codec

extension JSONValue {
    /// The member of that name; nil when this is no object, has no such member, or the member is null.
    func field(_ key: String) -> JSONValue? {
        guard let value = self[key], value != .null else { return nil }
        return value
    }

    /// The text of a string, a number or a truth value; AWS writes truth values in both forms.
    var scalar: String? {
        switch self {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    var isEmptyObject: Bool { self == .object([]) }

    /// On one line.
    var text: String { String(decoding: encoded(), as: UTF8.self) }
}
