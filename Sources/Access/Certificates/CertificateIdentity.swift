import AuditModel

/// The names that a client certificate gives its holder, and until when. That somebody who is believed signed them is
/// what the TLS handshake has found out.
package struct CertificateIdentity: Hashable, Sendable {
    /// The URIs of its alternative names, a SPIFFE id among them; printable ASCII.
    var uris: [String] = []
    /// The DNS names among them, in lower case. `*` in one stands for itself.
    var dnsNames: [String] = []
    /// RFC 4514, with E for an e-mail address; empty for none that can be written as a line of text.
    var subject = ""
    /// Nil for later than times can say.
    var notAfter: Timestamp?

    /// All of them, or the first of very many, for people.
    var text: String {
        let names =
            uris.map { "URI:\($0)" } + dnsNames.map { "DNS:\($0)" }
            + (subject.isEmpty ? [] : ["subject:\(subject)"])
        return names.isEmpty
            ? "no names" : String(names.joined(separator: " ").prefix(AccessLimits.namesTextMax))
    }

    /// Nil for what is no printable ASCII.
    static func uri(_ text: String) -> String? { printable(text) }

    /// In lower case; nil for what is no printable ASCII.
    static func dnsName(_ text: String) -> String? { printable(text)?.lowercased() }

    private static func printable(_ text: String) -> String? {
        guard (1...AccessLimits.certificateNameBytesMax).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        return text
    }
}
