import AuditModel
import Codec

/// What is wrong with a file of the access rules, in words that name no secret.
package struct AccessFileError: Error, Hashable {
    package var reason: String

    init(_ reason: String) { self.reason = reason }
}

/// The members of an object of such a file.
struct FileMembers {
    private let members: [String: JSONValue]
    private let what: String

    init(_ value: JSONValue, _ what: String) throws(AccessFileError) {
        guard case .object(let members) = value else {
            throw AccessFileError("\(what) is not an object")
        }
        self.members = Dictionary(members.map { ($0.key, $0.value) }) { _, last in last }
        self.what = what
    }

    subscript(key: String) -> JSONValue? { members[key] }

    func optionalString(_ key: String) throws(AccessFileError) -> String? {
        switch members[key] {
        case .string(let text)?: return text
        case nil: return nil
        default: throw AccessFileError("\(key) of \(what) is not a string")
        }
    }

    func string(_ key: String) throws(AccessFileError) -> String {
        guard let text = try optionalString(key) else {
            throw AccessFileError("\(what) has no \(key)")
        }
        return text
    }

    func number<Number: FixedWidthInteger>(_ key: String) throws(AccessFileError) -> Number? {
        guard let value = members[key] else { return nil }
        guard case .number(let text) = value, let number = Number(text) else {
            throw AccessFileError("\(key) of \(what) is not a whole number within its bounds")
        }
        return number
    }

    func time(_ key: String) throws(AccessFileError) -> Timestamp? {
        guard let text = try optionalString(key) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw AccessFileError("\(key) of \(what) is not a time")
        }
        return time
    }
}
