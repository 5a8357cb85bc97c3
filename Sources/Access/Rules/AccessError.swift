/// Why a caller may not. The texts are the same whatever exists, and name no secret.
package enum AccessError: Error, Hashable, Sendable {
    /// There is no credential.
    case missing
    /// It is none that the server knows.
    case unknown
    case expired
    case revoked
    /// The method is not for the caller's role.
    case role
    /// The organization is not the caller's.
    case organization
    /// The caller has several organizations, and the request names none.
    case organizationNeeded

    /// Whether another credential is needed, rather than more rights.
    package var isAuthentication: Bool {
        switch self {
        case .missing, .unknown, .expired, .revoked: true
        case .role, .organization, .organizationNeeded: false
        }
    }

    package var message: String {
        switch self {
        case .missing:
            """
            a credential is needed: send an API token as `authorization: Bearer TOKEN`, or show a client certificate
            """
        case .unknown: "the credential is not known here"
        case .expired: "the credential has expired"
        case .revoked: "the credential was revoked"
        case .role: "the role of this credential does not allow the method"
        case .organization: "this credential is not for the organization"
        case .organizationNeeded:
            "the credential is for several organizations: name one in organization_id"
        }
    }
}
