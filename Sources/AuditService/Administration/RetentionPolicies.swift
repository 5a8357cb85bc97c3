import AuditModel
import Codec
import EventStore

/// Every retention policy and legal hold of a server, as a value.
struct RetentionPolicies: Hashable, Sendable {
    /// Nil as long as nobody set one: what `serve --retention` says holds.
    private(set) var standard: RetentionPolicy?
    /// What organizations have of their own; none of it is empty.
    private(set) var organizations: [String: Own] = [:]

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

    init(configured: Duration?, standard: RetentionPolicy?, organizations: [String: Own]) {
        self.configured = configured
        self.standard = standard
        self.organizations = organizations
    }

    /// What holds for an organization; for an empty name, by default.
    func retention(of organizationID: String) -> OrganizationRetention {
        let own = organizations[organizationID]
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
        var own = organizations[request.organizationID] ?? Own()
        switch request.change {
        case .policy(let policy): own.policy = policy
        case .inherit: own.policy = nil
        case nil: break
        }
        if request.legalHold != .unspecified { own.legalHold = request.legalHold == .on }
        organizations[request.organizationID] = own == Own() ? nil : own
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
        for (organizationID, own) in organizations {
            let name = Array(organizationID.utf8)
            if let policy = own.policy { rules.ages[name] = policy.effectiveAge }
            if own.legalHold { rules.holds.insert(name) }
        }
        return rules
    }

    /// A page of the list: the default policy, then the organizations by id.
    func page(_ request: ListRetentionRequest) -> ListRetentionResponse {
        let wanted = request.pageSize == 0 ? 1_000 : min(Int(request.pageSize), 10_000)
        let names = ([""] + organizations.keys).sorted()
        // A token is the last name of the page before, behind a letter: the default's name is empty.
        let rest = names.filter { request.pageToken.isEmpty || "a" + $0 > request.pageToken }
        let shown = rest.prefix(wanted)
        return ListRetentionResponse(
            retentions: shown.map(retention),
            nextPageToken: shown.count < rest.count ? "a" + (shown.last ?? "") : "")
    }
}
