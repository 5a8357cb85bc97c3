import Codec

/// `quotas.json`, see docs/disk-format.md.
extension QuotaBook {
    /// The text of the file, in the order of `QuotaSubject`.
    package var json: [UInt8] {
        var organizations: [JSONValue] = []
        var tokens: [JSONValue] = []
        for (subject, quota) in quotas.sorted(by: { $0.key < $1.key }) {
            switch subject {
            case .standard: break
            case .organization(let name):
                organizations.append(Self.entry(String(decoding: name, as: UTF8.self), quota))
            case .token(let id): tokens.append(Self.entry(id, quota))
            }
        }
        var members = [JSONValue.Member("version", .number("1"))]
        if let standard = quotas[.standard] { members.append(.init("default", standard.fileJSON)) }
        members.append(.init("organizations", .array(organizations)))
        members.append(.init("tokens", .array(tokens)))
        return JSONValue.object(members).encoded() + [UInt8(ascii: "\n")]
    }

    private static func entry(_ id: String, _ quota: Quota) -> JSONValue {
        .object([.init("id", .string(id)), .init("quota", quota.fileJSON)])
    }

    /// Reads the file. Throws what is wrong with it: a quota that cannot be read must not become another one.
    package init(json text: [UInt8]) throws(AccessFileError) {
        let file: JSONValue
        do throws(CodecError) {
            file = try JSONValue(parsing: text)
        } catch {
            throw AccessFileError(error.message)
        }
        let members = try FileMembers(file, "the file")
        guard case .number("1")? = members["version"] else {
            throw AccessFileError("its version is not 1")
        }
        if let standard = members["default"] {
            quotas[.standard] = try Quota(file: standard, of: "the default")
        }
        try read(members, "organizations") { .organization(named: $0) }
        try read(members, "tokens") { .token($0) }
    }

    private mutating func read(
        _ members: FileMembers, _ key: String, _ subject: (String) -> QuotaSubject
    ) throws(AccessFileError) {
        guard case .array(let list)? = members[key] else {
            throw AccessFileError("\(key) is not a list")
        }
        for element in list {
            let members = try FileMembers(element, "one of \(key)")
            let id = try members.string("id")
            guard let value = members["quota"] else {
                throw AccessFileError("\(id) of \(key) has no quota")
            }
            let quota = try Quota(file: value, of: id)
            guard !id.isEmpty, quotas.updateValue(quota, forKey: subject(id)) == nil else {
                throw AccessFileError("one of \(key) has no id of its own")
            }
        }
    }
}

extension Quota {
    fileprivate var fileJSON: JSONValue {
        var members: [JSONValue.Member] = []
        for (key, value) in [
            ("events_per_second", UInt64(eventsPerSecond)), ("bytes_per_day", bytesPerDay),
            ("subscribers", UInt64(subscribers)),
            ("query_millis_per_second", UInt64(queryMillisPerSecond)),
        ] where value > 0 {
            members.append(.init(key, .number(String(value))))
        }
        return .object(members)
    }

    fileprivate init(file value: JSONValue, of owner: String) throws(AccessFileError) {
        let members = try FileMembers(value, "the quota of \(owner)")
        self.init(
            eventsPerSecond: try members.number("events_per_second") ?? 0,
            bytesPerDay: try members.number("bytes_per_day") ?? 0,
            subscribers: try members.number("subscribers") ?? 0,
            queryMillisPerSecond: try members.number("query_millis_per_second") ?? 0)
    }
}
