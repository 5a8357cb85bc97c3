import AuditModel
import Codec

/// What a JWT says of its holder, as far as the settings ask for it. Says nothing of whether to believe it.
struct JWTClaims: Hashable, Sendable {
    let identity: Identity
    let grant: Grant
    let expiresAt: Timestamp

    /// - Throws: the first fault, in the order of issuer, audience, times, and what it says of the holder.
    init(_ claims: JSONValue, _ settings: JWTSettings, now: Timestamp) throws(AccessError) {
        guard let issuer = claims["iss"]?.string, issuer.isExactly(settings.issuer) else {
            throw .jwt(.issuer)
        }
        guard
            Self.strings(claims["aud"])?.contains(where: { $0.isExactly(settings.audience) })
                ?? false
        else { throw .jwt(.audience) }
        guard let expiresAt = try Self.time(claims, "exp") else { throw .jwt(.claim("exp")) }
        guard now < expiresAt else { throw .expired }
        let latest = now.advanced(by: AccessLimits.clockLeeway)
        for name in ["nbf", "iat"] {
            if let time = try Self.time(claims, name), time > latest { throw .jwt(.notYetValid) }
        }
        guard let subject = claims["sub"]?.string,
            let id = PlainText(subject, bytesMax: AccessLimits.subjectBytesMax)?.text
        else { throw .jwt(.claim("sub")) }
        let name = settings.nameClaim.flatMap { claims[$0]?.string }
            .flatMap { PlainText($0, bytesMax: Limits.tokenNameBytesMax)?.text }
        identity = Identity(.jwt, id: id, name: issuer, displayName: name ?? "")
        grant = try Self.grant(claims, settings)
        self.expiresAt = expiresAt
    }

    private static func grant(
        _ claims: JSONValue, _ settings: JWTSettings
    ) throws(AccessError) -> Grant {
        // Who has no role here is known all the same, and may do nothing.
        let roles = (strings(claims[settings.roleClaim]) ?? [])
            .compactMap(settings.role(named:)).reduce(into: Roles()) { $0.formUnion(Roles($1)) }
        if roles.contains(.operator) { return Grant(roles: roles, reach: .all) }
        let names = strings(claims[settings.organizationClaim]) ?? []
        guard names.count <= AccessLimits.organizationsMax,
            let reach = Reach(organizations: names)
        else { throw .jwt(.claim(settings.organizationClaim)) }
        return Grant(roles: roles, reach: reach)
    }

    /// A string, or a list of nothing else; nil for what is neither.
    private static func strings(_ value: JSONValue?) -> [String]? {
        switch value {
        case .string(let text)?: return [text]
        case .array(let elements)?:
            let strings = elements.compactMap(\.string)
            return strings.count == elements.count ? strings : nil
        default: return nil
        }
    }

    /// A NumericDate (RFC 7519 §2): seconds since 1970, which may have a fraction. Nil when it is not there.
    private static func time(
        _ claims: JSONValue, _ name: String
    ) throws(AccessError) -> Timestamp? {
        guard let value = claims[name] else { return nil }
        guard case .number(let text) = value, let seconds = Double(text), seconds >= 0 else {
            throw .jwt(.claim(name))
        }
        // What times cannot say is for ever.
        guard seconds < Self.secondsMax else { return Timestamp(nanosecondsSinceEpoch: .max) }
        return Timestamp.epoch.advanced(by: .seconds(seconds))
    }

    private static let secondsMax = 9_200_000_000.0
}
