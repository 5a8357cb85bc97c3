import Logging
import Synchronization

/// What a server shows to those who connect, replaced while it runs: connections keep what they began with.
actor ServerCertificates {
    /// What the next connection is shown.
    nonisolated var identity: ServerIdentity { current.withLock { $0 } }

    private let current: Mutex<ServerIdentity>
    private let names: RPCServerTLS
    private let limits: RPCLimits
    private var watch: CertificateWatch

    /// Throws INVALID_ARGUMENT that names the file and what is wrong with it.
    init(_ names: RPCServerTLS, limits: RPCLimits) throws(RPCError) {
        let files = ServerTLSFiles(reading: names, limits: limits)
        let identity = try files.identity(limits: limits)
        self.names = names
        self.limits = limits
        current = Mutex(identity)
        watch = CertificateWatch(files, expiration: identity.expiration, limits: limits)
    }

    /// Reads the files, and takes them when they are new and good. Says in the log what it did, and what ends soon.
    ///
    /// - Parameter now: seconds since 1970.
    func check(now: Int, logger: Logger) {
        let files = ServerTLSFiles(reading: names, limits: limits)
        if watch.see(files) { load(files, logger) }
        switch watch.notice(now: now) {
        case .expiresSoon(let expiration):
            logger.warning("a certificate ends soon", metadata: expiration.metadata)
        case .hasExpired(let expiration):
            logger.error(
                "a certificate has ended: connections will be refused",
                metadata: expiration.metadata)
        case nil: break
        }
    }

    private func load(_ files: ServerTLSFiles, _ logger: Logger) {
        do throws(RPCError) {
            let identity = try files.identity(limits: limits)
            current.withLock { $0 = identity }
            watch.loaded(expiration: identity.expiration)
            logger.notice(
                "new certificates are in use for new connections",
                metadata: identity.expiration.metadata)
        } catch {
            logger.error(
                "the new certificates cannot be used, the old ones stay",
                metadata: ["problem": "\(error.message)"])
        }
    }
}

extension Expiration {
    fileprivate var metadata: Logger.Metadata {
        ["file": "\(file)", "ends": "\(DateText.utc(seconds: seconds))"]
    }
}
