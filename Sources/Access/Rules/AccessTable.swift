/// Which roles may call what: the one table. What is not in it is for nobody.
package enum AccessTable {
    package enum Rule: Hashable, Sendable {
        /// Also without a credential.
        case everyone
        case roles(Roles)

        package func allows(_ roles: Roles) -> Bool {
            switch self {
            case .everyone: true
            case .roles(let allowed): !allowed.isDisjoint(with: roles)
            }
        }
    }

    /// - Parameter path: of the method, `/package.Service/Method`.
    package static func rule(for path: String) -> Rule { rules[path] ?? .roles([]) }

    /// All of them, by path.
    package static let rules: [String: Rule] = {
        var rules: [String: Rule] = [:]
        func add(_ service: String, _ methods: [String], _ rule: Rule) {
            for method in methods { rules["/\(service)/\(method)"] = rule }
        }
        let log = "auditrpc.v1.AuditLog"
        add(log, ["Record", "RecordStream"], .roles([.recorder, .operator]))
        add(
            log, ["Query", "Subscribe", "GetEvent", "ListFacets", "Histogram"],
            .roles([.reader, .viewer, .admin, .operator]))
        add(log, ["GetStatus"], .roles([.reader, .admin, .operator]))
        add(log, ["GetCaller"], .roles(.all))
        let administration = "auditrpc.v1.Administration"
        add(
            administration,
            [
                "GetRetention", "ListRetention", "SetRetention", "CreateToken", "ListTokens",
                "RotateToken", "RevokeToken", "SetQuota", "ListQuotas",
            ], .roles([.admin, .operator]))
        add(administration, ["CreateViewerToken"], .roles([.reader, .admin, .operator]))
        add(administration, ["CreateSnapshot"], .roles(.operator))
        // What load balancers and tools ask before they have a credential, and what gives nothing away.
        add("grpc.health.v1.Health", ["Check", "List", "Watch"], .everyone)
        for version in ["v1", "v1alpha"] {
            add(
                "grpc.reflection.\(version).ServerReflection", ["ServerReflectionInfo"],
                .roles(.all))
        }
        return rules
    }()
}
