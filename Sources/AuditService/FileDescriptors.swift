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

    /// Connections that leave the store its files: with none left a log could not be followed by the next.
    static func connectionsMax(descriptorsMax: Int, wanted: Int, reserved: Int) -> Int {
        max(1, min(wanted, descriptorsMax - reserved))
    }
}
