import Codec

/// Which JWTs are accepted, and which of their claims say what.
package struct JWTSettings: Hashable, Sendable {
    /// What `iss` must be.
    var issuer: String
    /// What `aud` must contain.
    var audience: String
    /// The file of the keys, as the access file names it.
    package internal(set) var keyFile: String
    /// Has the organization, or a list of them.
    var organizationClaim: String
    /// Has the role, or a list of them.
    var roleClaim: String
    /// What the values of that claim mean, in UTF-8. Nil: they are `recorder`, `reader` and `admin`.
    var roles: [[UInt8]: Role]?
    /// Has what people call the holder; nil for none.
    var nameClaim: String?

    init(_ members: FileMembers) throws(AccessFileError) {
        try members.onlyKnown([
            "issuer", "audience", "jwks", "organization_claim", "role_claim", "roles", "name_claim",
        ])
        let bytesMax = AccessLimits.claimNameBytesMax
        issuer = try members.text("issuer", bytesMax: AccessLimits.issuerBytesMax)
        audience = try members.text("audience", bytesMax: AccessLimits.issuerBytesMax)
        keyFile = try members.text("jwks", bytesMax: AccessLimits.pathBytesMax)
        organizationClaim = try members.text("organization_claim", bytesMax: bytesMax)
        roleClaim = try members.text("role_claim", bytesMax: bytesMax)
        nameClaim = try members.optionalText("name_claim", bytesMax: bytesMax)
        guard let value = members["roles"] else { return }
        guard case .object(let list) = value, !list.isEmpty else {
            throw AccessFileError("roles of jwt is not an object with a member for each value")
        }
        var roles: [[UInt8]: Role] = [:]
        for member in list {
            let place = "roles.\(member.key) of jwt"
            roles[Array(member.key.utf8)] = try members.role(
                named: member.value.string ?? "", in: place)
        }
        self.roles = roles
    }

    /// The role that a value of the claim gives. That of an operator must be in `roles`: a word in somebody else's
    /// token does not give everything away.
    func role(named name: String) -> Role? {
        if let roles { return roles[Array(name.utf8)] }
        return Role(inAccessFile: name).flatMap { $0 == .operator ? nil : $0 }
    }
}
