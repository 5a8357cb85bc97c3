import AuditModel
import Codec
import EventStore

/// Every retention policy and legal hold of a server, as a value.
struct RetentionPolicies: Hashable, Sendable {
    /// Nil as long as nobody set one: what `serve --retention` says holds.
    private(set) var standard: RetentionPolicy?
    /// What organizations have of their own; none of it is empty.
    private(set) var organizations: [OrganizationName: Own] = [:]

    struct Own: Hashable, Sendable {
        /// Nil where the default policy holds.
        var policy: RetentionPolicy?
        var legalHold = false
    }

    /// More are refused: each takes memory, and a place in the file that every change writes anew.
    static let organizationsMax = 100_000

    /// What a server that was never told otherwise keeps.
    let configured: Duration?

    init(configured: Duration?) {
        self.configured = configured
    }

    init(
        configured: Duration?, standard: RetentionPolicy?, organizations: [OrganizationName: Own]
    ) {
        self.configured = configured
        self.standard = standard
        self.organizations = organizations
    }

    /// What holds for an organization; for an empty name, by default.
    func retention(of organizationID: String) -> OrganizationRetention {
        let own = organizations[OrganizationName(organizationID)]
        var policy = own?.policy ?? standard ?? RetentionPolicy(maxAge: configured)
        policy.maxAge = policy.effectiveAge
        return OrganizationRetention(
            organizationID: organizationID, policy: policy,
            inherited: !organizationID.isEmpty && own?.policy == nil,
            legalHold: own?.legalHold ?? false)
    }

    /// Makes the change. Throws `exhausted` when there are as many policies as there may be.
    mutating func apply(_ request: SetRetentionRequest) throws(ServiceError) {
        if request.organizationID.isEmpty {
            if case .policy(let policy) = request.change { standard = policy }
            return
        }
        let name = OrganizationName(request.organizationID)
        var own = organizations[name] ?? Own()
        switch request.change {
        case .policy(let policy): own.policy = policy
        case .inherit: own.policy = nil
        case nil: break
        }
        if request.legalHold != .unspecified { own.legalHold = request.legalHold == .on }
        organizations[name] = own == Own() ? nil : own
        guard organizations.count <= Self.organizationsMax else {
            throw ServiceError(
                .exhausted,
                "\(Self.organizationsMax) organizations have policies of their own already; "
                    + "let some inherit the default one")
        }
    }

    /// As the store takes them.
    var rules: RetentionRules {
        var rules = RetentionRules(standard: retention(of: "").policy.maxAge)
        for (name, own) in organizations {
            if let policy = own.policy { rules.ages[name.bytes] = policy.effectiveAge }
            if own.legalHold { rules.holds.insert(name.bytes) }
        }
        return rules
    }

    /// A page of the list: the default policy, then the organizations by id.
    func page(_ request: ListRetentionRequest) -> ListRetentionResponse {
        let wanted = request.pageSize == 0 ? 1_000 : min(Int(request.pageSize), 10_000)
        let names = ([OrganizationName("")] + organizations.keys).sorted()
        // A token is the last name of the page before, behind a letter: the default's name is empty. Bytes are cut, not
        // characters: a name may begin with a mark that joins the letter.
        let token = Array(request.pageToken.utf8)
        let rest = names.filter {
            token.isEmpty || token.dropFirst().lexicographicallyPrecedes($0.bytes)
        }
        let shown = rest.prefix(wanted)
        return ListRetentionResponse(
            retentions: shown.map { retention(of: $0.text) },
            nextPageToken: shown.count < rest.count ? "a" + (shown.last?.text ?? "") : "")
    }
}
