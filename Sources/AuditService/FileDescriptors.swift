import Glibc

/// How many files and sockets this process may have open at a time.
enum FileDescriptors {
    /// Raises the limit to what the system allows this process, and says it. Shells start programs with 1,024, as
    /// `select` wants it, which nothing here uses.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 1_024
        }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 {
                limit = raised
            }
        }
        return Int(clamping: limit.rlim_cur)
    }
}

/// What the files and sockets of this process are for.
struct DescriptorShares: Equatable {
    let all: Int
    /// Clients of a gateway: an eighth of the descriptors at most are theirs, two for each.
    let gatewayConnectionsMax: Int
    private let reserved: Int

    /// - Parameters:
    ///   - reserved: what connections leave the store, which with none left could not follow a log by the next.
    ///   - wanted: clients of a gateway.
    init(all: Int, reserved: Int, gatewayConnections wanted: Int) {
        self.all = all
        self.reserved = reserved
        gatewayConnectionsMax = min(wanted, max(1, all / 16))
    }

    func connectionsMax(wanted: Int) -> Int {
        max(1, min(wanted, all - reserved - 2 * gatewayConnectionsMax))
    }
}
