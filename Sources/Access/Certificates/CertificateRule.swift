import Codec

/// Whose certificate lets do what.
package struct CertificateRule: Hashable, Sendable {
    /// The name of a certificate that the rule looks for.
    enum Pattern: Hashable, Sendable {
        case uri(URIPattern)
        /// In lower case.
        case dns(String)
        /// RFC 4514, as `CertificateIdentity` writes it.
        case subject(String)
    }

    let pattern: Pattern
    let grant: Grant
    /// What people call the caller; empty for none.
    let name: String

    /// - Parameter what: the rule, for messages.
    init(_ value: JSONValue, _ what: String) throws(AccessFileError) {
        let members = try FileMembers(value, what)
        try members.onlyKnown([
            "uri", "dns", "subject", "role", "organization", "organizations", "source", "name",
        ])
        var patterns: [Pattern] = []
        if let text = try members.optionalString("uri") {
            guard let pattern = URIPattern(text) else {
                throw AccessFileError(
                    "uri of \(what) is no URI of letters and digits, with at most one * at its end, behind a /"
                )
            }
            patterns.append(.uri(pattern))
        }
        if let text = try members.optionalString("dns") {
            guard let name = CertificateIdentity.dnsName(text), !name.contains("*") else {
                throw AccessFileError("dns of \(what) is not the name of one host")
            }
            patterns.append(.dns(name))
        }
        if let text = try members.optionalText(
            "subject", bytesMax: AccessLimits.certificateNameBytesMax)
        {
            patterns.append(.subject(text))
        }
        guard patterns.count == 1 else {
            throw AccessFileError("\(what) needs exactly one of uri, dns and subject")
        }
        pattern = patterns[0]
        grant = try members.grant(of: what)
        name = try members.optionalText("name", bytesMax: Limits.tokenNameBytesMax) ?? ""
    }

    /// The name of the certificate that fits; nil when none does.
    func match(_ identity: CertificateIdentity) -> String? {
        switch pattern {
        case .uri(let pattern):
            // A certificate with a SPIFFE id and another URI is no valid one (SPIFFE X.509-SVID §2).
            guard !pattern.isSPIFFE || identity.uris.count == 1 else { return nil }
            return identity.uris.first { pattern.matches($0) }
        case .dns(let name): return identity.dnsNames.first { $0.isExactly(name) }
        case .subject(let subject):
            return identity.subject.isExactly(subject) ? identity.subject : nil
        }
    }
}
