import Glibc

/// Files that hold the memory of a process that crashed, and with it the secrets of its callers.
package enum CoreDumps {
    /// From now on a crash of this process leaves none. What crashed and where is still said.
    package static func turnOff() {
        var limit = rlimit()
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    }
}
