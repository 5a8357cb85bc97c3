import NIOCore
import NIOSSL

extension TLSFailure {
    /// Nil for an error that does not come from TLS.
    ///
    /// - Parameters:
    ///   - peer: the certificate that the other end showed, verified or not: it tells why it was refused.
    ///   - now: seconds since 1970.
    init?(_ error: any Error, peer: NIOSSLCertificate? = nil, expectedName: String, now: Int) {
        switch error {
        case let failure as TLSFailure:
            self = failure
        case NIOSSLError.handshakeFailed(let error), NIOSSLError.shutdownFailed(let error):
            self = Self.failure(of: error, peer: peer, now: now)
        case let error as BoringSSLError:
            self = Self.failure(of: error, peer: peer, now: now)
        case let error as NIOSSLExtraError
        where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
            let names = peer.map(CertificateNames.init) ?? CertificateNames(names: [])
            self = .wrongName(expected: expectedName, names: names.text)
        case is NIOSSLCloseTimedOutError, NIOSSLError.uncleanShutdown:
            self = .interrupted
        case let error as NIOSSLError:
            self = .other("\(error)")
        case let error as NIOSSLExtraError:
            self = .other("\(error)")
        default:
            return nil
        }
    }

    private static func failure(
        of error: BoringSSLError, peer: NIOSSLCertificate?, now: Int
    ) -> TLSFailure {
        guard case .sslError(let stack) = error else { return .other("\(error)") }
        if stack == [.eofDuringHandshake] { return .interrupted }
        // BoringSSL names its reasons in the text of an error alone: `error:...:SSL routines:...:REASON at ...`.
        let text = stack.map(\.description).joined(separator: "; ")
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return verificationFailure(of: peer, now: now)
        }
        for (reason, failure) in reasons where text.contains(reason) { return failure }
        return .other(text)
    }

    private static func verificationFailure(of peer: NIOSSLCertificate?, now: Int) -> TLSFailure {
        guard let peer else { return .unknownAuthority }
        if now > peer.notValidAfter { return .certificateExpired(at: peer.notValidAfter) }
        if now < peer.notValidBefore { return .certificateNotYetValid(from: peer.notValidBefore) }
        return .unknownAuthority
    }

    /// What BoringSSL calls them; an alert is what the other end said.
    private static let reasons: [(String, TLSFailure)] = [
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", .certificateMissing),
        ("TLSV1_ALERT_CERTIFICATE_REQUIRED", .certificateMissing),
        ("TLSV1_ALERT_UNKNOWN_CA", .certificateRefused(.unknownAuthority)),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", .certificateRefused(.expired)),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", .certificateRefused(.other)),
        ("SSLV3_ALERT_BAD_CERTIFICATE", .certificateRefused(.other)),
        ("SSLV3_ALERT_CERTIFICATE_REVOKED", .certificateRefused(.other)),
        ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", .certificateRefused(.other)),
        ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", .noHTTP2),
        ("TLSV1_ALERT_PROTOCOL_VERSION", .noCommonVersion),
        ("UNSUPPORTED_PROTOCOL", .noCommonVersion),
        ("NO_SHARED_CIPHER", .noCommonCipher),
        ("HTTP_REQUEST", .peerSpeaksPlainText),
        ("HTTPS_PROXY_REQUEST", .peerSpeaksPlainText),
        ("WRONG_VERSION_NUMBER", .peerSpeaksPlainText),
    ]
}
