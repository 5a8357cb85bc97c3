import AuditModel
import Codec

@testable import Access

/// JWTs before their signature is looked at: a token has one text, and what its claims give is within the limits.
///
/// Input: whether the rest is a token or claims, and that.
@Sendable
func fuzzJWT(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    if input.byte() & 1 == 0 {
        let text = String(decoding: input.rest, as: UTF8.self)
        guard let jwt = try? JWTText(text) else { return }
        try promise(JWTText.hasForm(of: text), "read, and no JWT: \(text)")
        // Base64 that is read is the only one of its bytes, so that the lengths say it all.
        let signatureText = text.utf8.count - jwt.signed.count - 1
        try promise(
            jwt.signature.count == signatureText * 3 / 4, "a signature of \(signatureText) digits")
        try checkClaims(jwt.claims)
    } else if let claims = try? JSONValue(parsing: Array(input.rest)) {
        try checkClaims(claims)
    }
}

private let rules = try? AccessRules(
    json: Array(
        """
        {"jwt":{"issuer":"i","audience":"a","jwks":"k","organization_claim":"o","role_claim":"r","name_claim":"n"}}
        """.utf8))

private func checkClaims(_ value: JSONValue) throws {
    let now = Timestamp.epoch.advanced(by: .seconds(1_800_000_000))
    guard let settings = rules?.jwt, let claims = try? JWTClaims(value, settings, now: now) else {
        return
    }
    try promise(claims.expiresAt > now, "a token that has ended")
    try promise(!claims.grant.roles.contains(.operator), "an operator by nobody's leave")
    guard case .only(let organizations) = claims.grant.reach else {
        throw BrokenPromise(description: "all organizations by nobody's leave")
    }
    try promise(
        (1...AccessLimits.organizationsMax).contains(organizations.count), "\(organizations)")
    for name in organizations {
        try promise((1...Limits.organizationBytesMax).contains(name.count), "\(name)")
    }
    let (id, name) = (claims.identity.id, claims.identity.displayName)
    try promise((1...AccessLimits.subjectBytesMax).contains(id.utf8.count), "a subject \(id)")
    for byte in Array(id.utf8) + Array(name.utf8) {
        try promise(byte >= 0x20 && byte != 0x7f, "a control character in \(id) or \(name)")
    }
}
