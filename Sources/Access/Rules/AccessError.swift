/// Why a caller may not. The texts are the same whatever exists, and name no secret.
package enum AccessError: Error, Hashable, Sendable {
    /// There is no credential.
    case missing
    /// It is none that the server knows.
    case unknown
    case expired
    case revoked
    case jwt(JWTFault)
    /// The client certificate cannot be read, or has names that nobody should rely on.
    case certificate
    /// No rule is for the client certificate, which has these names.
    case noRule(names: String)
    /// Too many credentials wait to be verified.
    case busy
    /// The method is not for the caller's role.
    case role
    /// The organization is not the caller's.
    case organization
    /// The caller has several organizations, and the request names none.
    case organizationNeeded

    /// Whether another credential is needed, rather than more rights.
    package var isAuthentication: Bool {
        switch self {
        case .missing, .unknown, .expired, .revoked, .jwt, .certificate, .noRule: true
        case .busy, .role, .organization, .organizationNeeded: false
        }
    }

    /// For the server's log, which may say more.
    package var logText: String {
        if case .noRule(let names) = self { "\(message): \(names)" } else { message }
    }

    /// For the client.
    package var message: String {
        switch self {
        case .missing:
            """
            a credential is needed: send an API token or a JWT as `authorization: Bearer TOKEN`, or show a client \
            certificate
            """
        case .unknown: "the credential is not known here"
        case .expired: "the credential has expired"
        case .revoked: "the credential was revoked"
        case .jwt(let fault): fault.message
        case .certificate: "the client certificate cannot be used to tell who calls"
        case .noRule: "the client certificate is not known here"
        case .busy: "too many credentials wait to be verified; try again later"
        case .role: "the role of this credential does not allow the method"
        case .organization: "this credential is not for the organization"
        case .organizationNeeded:
            "the credential is for several organizations: name one in organization_id"
        }
    }
}
