import NIOCore

/// Decides when the files of a server's TLS are loaded anew, and when to say that a certificate ends.
struct CertificateWatch {
    enum Notice: Hashable {
        case expiresSoon(Expiration)
        case hasExpired(Expiration)
    }

    private var seen: ServerTLSFiles
    private var expiration: Expiration
    /// When the last notice was given, in seconds since 1970.
    private var lastNotice: Int?
    private let noticeTime: Int
    private let noticeInterval: Int

    init(_ files: ServerTLSFiles, expiration: Expiration, limits: RPCLimits) {
        seen = files
        self.expiration = expiration
        noticeTime = Int(limits.certificateNoticeTime.nanoseconds / 1_000_000_000)
        noticeInterval = Int(limits.certificateNoticeInterval.nanoseconds / 1_000_000_000)
    }

    /// True when the files differ from those that were seen last, loaded or not: a bad set is complained about once.
    mutating func see(_ files: ServerTLSFiles) -> Bool {
        guard files != seen else { return false }
        seen = files
        return true
    }

    /// The files that were seen last are in use.
    mutating func loaded(expiration: Expiration) {
        self.expiration = expiration
        lastNotice = nil
    }

    /// What an operator should hear now; once in each interval.
    ///
    /// - Parameter now: seconds since 1970.
    mutating func notice(now: Int) -> Notice? {
        guard now >= expiration.seconds - noticeTime else { return nil }
        if let lastNotice, now - lastNotice < noticeInterval { return nil }
        lastNotice = now
        return now > expiration.seconds ? .hasExpired(expiration) : .expiresSoon(expiration)
    }
}
