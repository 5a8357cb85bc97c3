import AuditModel
import Codec

/// The members of an object of a file, read with words for what is wrong with them.
struct FileMembers {
    private let members: [String: JSONValue]
    private let what: String

    /// - Parameter what: the object, for messages.
    init(_ value: JSONValue, _ what: String) throws(AccessFileError) {
        guard case .object(let members) = value else {
            throw AccessFileError("\(what) is not an object")
        }
        self.members = Dictionary(members.map { ($0.key, $0.value) }) { _, last in last }
        self.what = what
    }

    subscript(key: String) -> JSONValue? { members[key] }

    /// Refuses what nobody reads, which is mostly a slip in a name.
    func onlyKnown(_ keys: Set<String>) throws(AccessFileError) {
        guard let stranger = members.keys.filter({ !keys.contains($0) }).min() else { return }
        throw AccessFileError("\(what) has a member that means nothing here: \(stranger)")
    }

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

    /// A line of text, neither empty nor longer than `bytesMax`; nil when it is not there.
    func optionalText(_ key: String, bytesMax: Int) throws(AccessFileError) -> String? {
        guard let text = try optionalString(key) else { return nil }
        guard let text = PlainText(text, bytesMax: bytesMax)?.text else {
            throw AccessFileError("\(key) of \(what) is not 1 to \(bytesMax) bytes on one line")
        }
        return text
    }

    /// As `optionalText`, and it must be there.
    func text(_ key: String, bytesMax: Int) throws(AccessFileError) -> String {
        guard let text = try optionalText(key, bytesMax: bytesMax) else {
            throw AccessFileError("\(what) has no \(key)")
        }
        return text
    }

    /// The elements of a list; nil when it is not there.
    func list(_ key: String, countMax: Int) throws(AccessFileError) -> [JSONValue]? {
        switch members[key] {
        case .array(let elements)?:
            guard elements.count <= countMax else {
                throw AccessFileError("\(key) of \(what) has more than \(countMax) elements")
            }
            return elements
        case nil: return nil
        default: throw AccessFileError("\(key) of \(what) is not a list")
        }
    }

    func time(_ key: String) throws(AccessFileError) -> Timestamp? {
        guard let text = try optionalString(key) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw AccessFileError("\(key) of \(what) is not a time")
        }
        return time
    }
}
