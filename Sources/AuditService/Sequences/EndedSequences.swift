import AuditModel
import Codec

/// The sequences that were given out and that no stored event tells of any more.
struct EndedSequences: Hashable, Sendable {
    /// Any organization may have had those up to it, where the store was restored from a snapshot.
    var skipped = Sequence.zero
    /// One of which nothing is stored may have had those up to it: before organizations had sequences of their
    /// own, or in events that were damaged.
    var unknown = Sequence.zero
    /// The newest of organizations whose events were removed.
    var organizations: [[UInt8]: Sequence] = [:]

    /// Keeps so many organizations at the most: of more, nothing is known of any but what holds for all of them.
    mutating func bound(to most: Int) {
        guard organizations.count > most else { return }
        unknown = organizations.values.reduce(unknown, max)
        organizations = [:]
    }

    /// What the store knows of an organization, and not less than what it has forgotten.
    func raised(
        _ newest: SequenceBook.Newest, of organization: [UInt8]
    ) -> SequenceBook.Newest {
        var newest = newest
        newest.sequence = max(
            newest.sequence, skipped, organizations[organization] ?? .zero,
            newest.place == .zero ? unknown : .zero)
        return newest
    }
}

/// `sequences.json`, see docs/disk-format.md.
extension EndedSequences {
    /// The text of the file, organizations in order.
    var json: [UInt8] {
        let inOrder = organizations.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let list = inOrder.map { organization, newest in
            JSONValue.object([
                .init("id", .string(String(decoding: organization, as: UTF8.self))),
                .init("newest", .number(String(newest.rawValue))),
            ])
        }
        let file = JSONValue.object([
            .init("version", .number("1")),
            .init("skipped", .number(String(skipped.rawValue))),
            .init("unknown", .number(String(unknown.rawValue))),
            .init("organizations", .array(list)),
        ])
        return file.encoded() + [UInt8(ascii: "\n")]
    }

    /// Reads the file. Throws what is wrong with it, in words.
    init(json text: [UInt8]) throws(PolicyFileError) {
        let file: JSONValue
        do {
            file = try JSONValue(parsing: text)
        } catch {
            throw PolicyFileError(error.message)
        }
        guard case .object(let members) = file,
            case .number("1")? = members.first(where: { $0.key == "version" })?.value
        else { throw PolicyFileError("its version is not 1") }
        guard let skipped = Self.sequence("skipped", in: members),
            let unknown = Self.sequence("unknown", in: members)
        else { throw PolicyFileError("skipped or unknown is not a sequence") }
        guard case .array(let list)? = members.first(where: { $0.key == "organizations" })?.value
        else { throw PolicyFileError("organizations is not a list") }
        self.skipped = skipped
        self.unknown = unknown
        for element in list {
            guard case .object(let members) = element,
                case .string(let id)? = members.first(where: { $0.key == "id" })?.value,
                let newest = Self.sequence("newest", in: members)
            else { throw PolicyFileError("an organization has no id or no newest sequence") }
            organizations[Array(id.utf8)] = newest
        }
    }

    private static func sequence(_ key: String, in members: [JSONValue.Member]) -> Sequence? {
        guard case .number(let text)? = members.first(where: { $0.key == key })?.value,
            let number = UInt64(text)
        else { return nil }
        return Sequence(number)
    }
}
