/// Why TLS did not come about, or ended, as far as this end can tell. Trying again does not help until somebody has
/// changed something, `.interrupted` and `.other` aside.
package enum TLSFailure: Error, Hashable, Sendable {
    /// The other end answers, but not in TLS.
    case peerSpeaksPlainText
    /// The other end speaks TLS, this one does not.
    case peerSpeaksTLS
    /// The other end did not agree to HTTP/2 (ALPN `h2`).
    case noHTTP2
    case noCommonVersion
    case noCommonCipher
    /// The certificate of the other end has ended; seconds since 1970.
    case certificateExpired(at: Int)
    case certificateNotYetValid(from: Int)
    /// The certificate of the other end comes from an authority that this end does not know.
    case unknownAuthority
    /// The certificate of the other end is for other names: these.
    case wrongName(expected: String, names: String)
    /// A certificate was asked for, and there was none.
    case certificateMissing
    /// The other end did not like this end's certificate.
    case certificateRefused(Refusal)
    /// The connection ended in the middle of the handshake.
    case interrupted
    case other(String)

    /// What the other end says is wrong with a certificate.
    package enum Refusal: Hashable, Sendable {
        case unknownAuthority
        case expired
        case other
    }

    /// In words of this end.
    ///
    /// - Parameter role: this end's.
    func text(for role: HTTP2Role) -> String {
        let peer = role == .client ? "the server" : "the client"
        switch self {
        case .peerSpeaksPlainText: return "\(peer) speaks plain text where this end speaks TLS"
        case .peerSpeaksTLS: return "\(peer) speaks TLS where this end speaks plain text"
        case .noHTTP2: return "\(peer) did not agree to HTTP/2 in TLS (ALPN h2)"
        case .noCommonVersion: return "\(peer) takes neither TLS 1.2 nor 1.3"
        case .noCommonCipher: return "\(peer) takes none of this end's cipher suites"
        case .certificateExpired(let seconds):
            return "\(peer)'s certificate expired at \(DateText.utc(seconds: seconds))"
        case .certificateNotYetValid(let seconds):
            return "\(peer)'s certificate is valid from \(DateText.utc(seconds: seconds)) on only"
        case .unknownAuthority:
            return "\(peer)'s certificate is signed by an unknown authority"
        case .wrongName(let expected, let names):
            return "\(peer)'s certificate is not for \(expected), but for \(names)"
        case .certificateMissing:
            return role == .client
                ? "the server asks for a client certificate" : "the client showed no certificate"
        case .certificateRefused(let refusal):
            let owner = role == .client ? "this client's" : "this server's"
            switch refusal {
            case .unknownAuthority:
                return "\(peer) does not know the authority of \(owner) certificate"
            case .expired: return "\(peer) says that \(owner) certificate has expired"
            case .other: return "\(peer) refused \(owner) certificate"
            }
        case .interrupted: return "\(peer) closed the connection in the middle of the TLS handshake"
        case .other(let text): return "TLS failed: \(text)"
        }
    }
}
