internal import AuditRPC

extension TLSFailure {
    /// What a person can do about it; nil where the problem says it all.
    var remedy: String? {
        switch self {
        case .peerSpeaksTLS:
            "connect with --tls-ca FILE, or with --tls for the authorities of the system"
        case .peerSpeaksPlainText:
            "leave the --tls options out, or start the server with --tls-cert"
        case .unknownAuthority: "--tls-ca names the file of the authority that signed it"
        case .wrongName: "use a name that it is for, or say it with --tls-server-name"
        case .certificateMissing: "give one with --tls-cert and --tls-key"
        case .noHTTP2: "is it an audit server?"
        case .certificateExpired, .certificateNotYetValid:
            "renew the server's certificate, or set the clock of this machine"
        case .certificateRefused: "give one that the server accepts with --tls-cert and --tls-key"
        case .noCommonVersion, .noCommonCipher, .interrupted, .other: nil
        }
    }
}
