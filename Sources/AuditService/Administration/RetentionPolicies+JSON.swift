import Codec

/// `policies.json`, see docs/disk-format.md.
extension RetentionPolicies {
    /// The text of the file, organizations in order.
    var json: [UInt8] {
        var members = [JSONValue.Member("version", .number("1"))]
        if let standard { members.append(.init("default", Self.json(standard))) }
        let inOrder = organizations.sorted { $0.key < $1.key }
        members.append(
            .init("organizations", .array(inOrder.map { Self.json($0.key.text, $0.value) })))
        return JSONValue.object(members).encoded() + [UInt8(ascii: "\n")]
    }

    private static func json(_ organizationID: String, _ own: Own) -> JSONValue {
        var members = [JSONValue.Member("id", .string(organizationID))]
        if let policy = own.policy { members.append(.init("policy", json(policy))) }
        if own.legalHold { members.append(.init("legal_hold", .bool(true))) }
        return .object(members)
    }

    private static func json(_ policy: RetentionPolicy) -> JSONValue {
        var members: [JSONValue.Member] = []
        if policy.plan != .unspecified { members.append(.init("plan", .string(policy.plan.name))) }
        if let age = policy.maxAge {
            members.append(.init("max_age_seconds", .number(String(age.components.seconds))))
        }
        return .object(members)
    }

    /// Reads the file. Throws what is wrong with it, in words: a policy that cannot be read must not
    /// become another one.
    init(json text: [UInt8], configured: Duration?) throws(PolicyFileError) {
        let file: JSONValue
        do {
            file = try JSONValue(parsing: text)
        } catch {
            throw PolicyFileError(error.message)
        }
        let members = try Self.members(file, "the file")
        guard case .number("1")? = members["version"] else {
            throw PolicyFileError("its version is not 1")
        }
        guard case .array(let list)? = members["organizations"] else {
            throw PolicyFileError("organizations is not a list")
        }
        var organizations: [OrganizationName: Own] = [:]
        for element in list {
            let members = try Self.members(element, "an organization")
            guard case .string(let id)? = members["id"], !id.isEmpty,
                organizations[OrganizationName(id)] == nil
            else {
                throw PolicyFileError("an organization has no id of its own")
            }
            var own = Own()
            if let policy = members["policy"] { own.policy = try Self.policy(policy, of: id) }
            switch members["legal_hold"] {
            case .bool(let legalHold)?: own.legalHold = legalHold
            case nil: break
            default: throw PolicyFileError("legal_hold of \(id) is neither true nor false")
            }
            organizations[OrganizationName(id)] = own
        }
        self.init(
            configured: configured,
            standard: try members["default"].map { (value) throws(PolicyFileError) in
                try Self.policy(value, of: "the default")
            }, organizations: organizations)
    }

    private static func policy(
        _ value: JSONValue, of owner: String
    ) throws(PolicyFileError) -> RetentionPolicy {
        let members = try members(value, "the policy of \(owner)")
        var policy = RetentionPolicy()
        if let plan = members["plan"] {
            guard case .string(let name) = plan, let known = RetentionPlan(name: name) else {
                throw PolicyFileError("the plan of \(owner) is unknown")
            }
            policy.plan = known
        }
        if let age = members["max_age_seconds"] {
            guard case .number(let text) = age, let seconds = Int64(text), seconds > 0 else {
                throw PolicyFileError("max_age_seconds of \(owner) is not a whole number above 0")
            }
            policy.maxAge = .seconds(seconds)
        }
        return policy
    }

    private static func members(
        _ value: JSONValue, _ what: String
    ) throws(PolicyFileError) -> [String: JSONValue] {
        guard case .object(let members) = value else {
            throw PolicyFileError("\(what) is not an object")
        }
        return Dictionary(members.map { ($0.key, $0.value) }) { _, last in last }
    }
}

/// What is wrong with a policy file.
struct PolicyFileError: Error, Hashable {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}
